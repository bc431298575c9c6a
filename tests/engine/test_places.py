"""Places for requests in flight."""

from __future__ import annotations

import asyncio

from webhook_inspector.engine.places import Places


def test_who_comes_first_is_served_first() -> None:
    async def served() -> list[int]:
        places, order = Places(1), list[int]()

        async def one(number: int) -> None:
            assert await places.take()
            order.append(number)
            places.give()

        assert places.take_now()
        async with asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(one(number))
            await asyncio.sleep(0)
            assert not places.take_now()
            places.give()
        assert places.take_now()
        return order

    assert asyncio.run(served()) == [0, 1, 2, 3, 4]


def test_a_place_is_not_lost_with_who_waited_for_it() -> None:
    async def cancelled(*, given_first: bool) -> bool:
        places = Places(1)
        assert await places.take()
        async with asyncio.TaskGroup() as group:
            waits = group.create_task(places.take())
            await asyncio.sleep(0)
            if given_first:
                places.give()
            waits.cancel()
            if not given_first:
                places.give()
        return places.take_now() and not places.take_now()

    assert asyncio.run(cancelled(given_first=True))
    assert asyncio.run(cancelled(given_first=False))


def test_none_is_given_once_it_is_closed() -> None:
    async def closed() -> list[bool]:
        places = Places(1)
        assert await places.take()
        async with asyncio.TaskGroup() as group:
            waits = group.create_task(places.take())
            await asyncio.sleep(0)
            places.close()
        places.give()
        return [await waits, await places.take(), places.take_now()]

    assert asyncio.run(closed()) == [False, False, False]
