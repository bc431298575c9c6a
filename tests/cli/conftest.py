from __future__ import annotations

import pytest

from tests.cli.support import Cli, make_cli


@pytest.fixture
def cli(capsysbinary: pytest.CaptureFixture[bytes]) -> Cli:
    return make_cli(capsysbinary)
