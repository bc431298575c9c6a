"""L4: only the whole, right signature is valid: vectors of others, and ours cut, padded, emptied and respelled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.shared import shared_json
from tests.support.vectors import Vector, all_vectors
from tests.torture.results import record
from tests.torture.variants import catches
from webhook_inspector.core.headers import Headers
from webhook_inspector.core.request import Request
from webhook_inspector.core.secret import Secret
from webhook_inspector.core.verification import Verification
from webhook_inspector.providers.load import load_provider
from webhook_inspector.providers.model import Provider
from webhook_inspector.signing import matching, verify

PLAIN = {"header": "X-Mac", "algorithm": "hmac-sha256", "encoding": "hex", "signed": "{body}", "key": {"decode": "hex"}}


def _judged(provider: Provider, vector: Vector, request: Request) -> Verification:
    return verify(
        request,
        provider,
        vector.named_secrets,
        at_ns=vector.now_ns,
        now_ns=vector.now_ns,
        scheme=vector.recipe,
        url=vector.url,
        params=vector.params,
        public_key=vector.public_key,
    )


def _mistakes(signature: str) -> Iterator[str]:
    """A signature that is not whole, or more than it. Whether base64 ends in `=` is only how it is written."""
    signature = signature.rstrip("=")
    last = signature[-1]
    yield signature[:-1]
    yield signature[:-2]
    yield signature[: len(signature) // 2]
    yield signature[0]
    yield ""
    yield signature + "00"
    yield signature + signature
    yield signature[:-1] + "é"
    yield signature[:-1] + chr(0xFF10 + int(last)) if last.isdigit() else signature[:-1] + "\uff21"
    yield "\x00" + signature[1:]


def _with(request: Request, number: int, value: str) -> Request:
    pairs = list(request.headers.pairs)
    pairs[number] = (pairs[number][0], value.encode())
    return Request(request.method, request.target, Headers(tuple(pairs)), request.body, request.http_version)


def _own() -> tuple[int, int]:
    """How many signatures of our own vectors were changed how often; each change must be noticed."""
    signatures = changes = 0
    for provider, vector in all_vectors():
        if vector.expect != "valid":
            continue
        whole = _judged(provider, vector, vector.request)
        assert whole.valid
        for number, (_, value) in enumerate(vector.request.headers.text_pairs()):
            found = [one for one in whole.received if len(one) > 8 and one in value]
            if len(found) != 1 or len(whole.received) != 1:
                continue
            signatures += 1
            for wrong in _mistakes(found[0]):
                changes += 1
                judged = _judged(provider, vector, _with(vector.request, number, value.replace(found[0], wrong)))
                assert not judged.valid, f"{vector.id}: {wrong!r} was taken for {found[0]!r}"
    assert signatures > 50
    return signatures, changes


def _of_others() -> int:
    """HMAC-SHA256 by the vectors of project Wycheproof; a tag that was cut is none."""
    provider = load_provider(PLAIN, where="test", name="plain")
    document = shared_json("corpora/fetched/wycheproof/hmac_sha256_test.json")
    count = 0
    for group in document["testGroups"]:
        for test in group["tests"]:
            headers = Headers.from_text([("X-Mac", test["tag"])])
            request = Request("POST", b"/", headers, bytes.fromhex(test["msg"]))
            judged = verify(request, provider, [Secret(test["key"])], at_ns=0, now_ns=0)
            right = test["result"] == "valid" and group["tagSize"] == 256
            assert judged.valid == right, f"vector {test['tcId']}: {judged.explanation}"
            count += 1
    return count


@pytest.mark.torture
def test_l4_only_the_whole_signature_is_valid() -> None:
    signatures, changes = _own()
    record("L4", signatures=signatures, wrong_ones_refused=changes)


@pytest.mark.torture
def test_l4_vectors_of_others() -> None:
    record("L4", vectors_of_others=_of_others())


@pytest.mark.torture
def test_l4_catches_a_comparison_of_beginnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "same", lambda wanted, given: bool(given) and wanted.startswith(given))
    caught = catches(_own, "was taken for")
    record("L4", caught=caught)
