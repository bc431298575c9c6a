import pytest
from shop import Shop


@pytest.fixture
def shop(webhook_inspector):
    shop = Shop(secret=webhook_inspector.secret("stripe"))
    shop.url = webhook_inspector.serve(shop)
    return shop


def test_each_payment_counts_once(webhook_inspector, shop):
    replayed = webhook_inspector.replay(
        "fixtures/payments.json", to=shop.url, duplicate=0.5, reorder="shuffle", tamper="all", seed=7
    )
    replayed.assert_holds()
    assert shop.paid == {"cus_1": 1500, "cus_2": 700}


def test_shipping_is_told(webhook_inspector, shop):
    shop.ship("order_1", tell=webhook_inspector.url)
    assert webhook_inspector.wait_for("type:order.shipped").json["order"] == "order_1"
