"""What becomes known while the log is read: the filter saw it without its facts, so it says nothing of it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S
from tests.support.posting import post
from webhook_inspector.config import load
from webhook_inspector.core.filters import Query
from webhook_inspector.engine.announcements import Analysed, Announcement
from webhook_inspector.engine.inspector import Inspector
from webhook_inspector.pytest_plugin.inbox import Inbox

PAID = b'{"id":"evt_1","type":"invoice.paid","amount":1200}'


def test_facts_that_come_while_the_log_is_read_wait_for_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "webhook-inspector.toml"
    path.write_text("[listen]\nport = 0\n", encoding="utf-8")
    config = load(path, {"WEBHOOK_INSPECTOR_LOG": str(tmp_path / "log.db")}, tmp_path)
    with Inspector.open(config, env={}) as inspector:
        url = inspector.listen().url
        inbox = Inbox(inspector, url)
        known = threading.Event()

        def hear(announcement: Announcement) -> None:
            if isinstance(announcement, Analysed):
                known.set()

        inspector.subscribe(hear)  # after the inbox: it has heard by then
        read = inspector.ids

        def read_too_early(_query: Query) -> list[int]:
            monkeypatch.setattr(inspector, "ids", read)
            post(url, PAID)
            assert known.wait(PATIENCE_S)
            return [1]  # before its facts were there it was no `invoice.paid`

        monkeypatch.setattr(inspector, "ids", read_too_early)
        with pytest.raises(AssertionError, match="which is excluded"):
            inbox.wait("-type:invoice.paid", count=1, timeout_s=0.05, after=0)
