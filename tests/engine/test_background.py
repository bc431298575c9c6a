"""The thread that works in the background: begun once, woken, ended in time."""

from __future__ import annotations

import threading

import pytest

from tests.support.patience import PATIENCE_S
from webhook_inspector.engine.background import Background, EndedError


def test_it_begins_once_and_each_notice_is_one_pass() -> None:
    passes: list[str] = []
    passed = threading.Semaphore(0)

    def work() -> None:
        while background.wait_for_news(0):
            passes.append(threading.current_thread().name)
            passed.release()

    background = Background("test", work)
    background.start()
    assert passed.acquire(timeout=PATIENCE_S), "the start counts as news"
    background.start()
    background.notice()
    assert passed.acquire(timeout=PATIENCE_S)
    background.stop()
    assert passes == ["whi-test"] * 2


def test_a_rest_a_wait_and_a_step_end_at_once_when_it_is_to_end() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert background.wait(PATIENCE_S * 60)
        assert not background.wait_for_news(PATIENCE_S * 60)
        with pytest.raises(EndedError):
            background.go_on(PATIENCE_S * 60)
        ended.set()

    background = Background("test", work)
    background.start()
    assert begun.wait(PATIENCE_S)
    background.go_on()
    background.stop()
    assert background.ending
    assert ended.is_set()


def test_what_never_began_can_be_stopped() -> None:
    background = Background("test", lambda: None)
    background.notice()
    background.stop()
    assert background.ending
