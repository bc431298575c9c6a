"""The answer to one request that a test sent."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from webhook_inspector.core.attempt import Attempt
from webhook_inspector.core.display import show
from webhook_inspector.pytest_plugin.delivery import HeaderTexts, json_of
from webhook_inspector.replay.answers import answer_text


class Answered:
    """What came of one send. A target that does not answer is no exception: `status` is None then.

    Args:
        attempt: As the engine knows it.
    """

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt

    @property
    def status(self) -> int | None:
        """HTTP status; None when nothing answered."""
        return self.attempt.status

    @property
    def body(self) -> bytes:
        """Of the answer."""
        return self.attempt.response_body

    @cached_property
    def headers(self) -> HeaderTexts:
        """Of the answer."""
        return HeaderTexts(self.attempt.response_headers)

    @cached_property
    def json(self) -> Any:
        """The answer's body, parsed.

        Raises:
            AssertionError: It is not JSON.
        """
        __tracebackhide__ = True
        return json_of(self.body, "the answer")

    @property
    def accepted(self) -> bool:
        """Whether it was answered 2xx."""
        return self.status is not None and 200 <= self.status < 300

    def assert_accepted(self) -> None:
        """Assert that it was answered 2xx.

        Raises:
            AssertionError: Says what was answered, with the beginning of the answer.
        """
        __tracebackhide__ = True
        if self.accepted:
            return
        attempt = self.attempt
        said = f"was answered {attempt.status}" if attempt.status is not None else f"failed: {answer_text(attempt)}"
        lines = [f"{show(attempt.url, 200)} {said}, not 2xx"]
        lines += [f"  {show(text, 400)}" for text in (attempt.detail, attempt.response_body) if text]
        lines += [f"  sent otherwise than captured: {show(text, 200)}" for text in attempt.differences]
        raise AssertionError("\n".join(lines))

    def __repr__(self) -> str:
        return f"<Answered {answer_text(self.attempt)} by {show(self.attempt.url, 100)}>"
