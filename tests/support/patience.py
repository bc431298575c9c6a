"""How long a test waits for what must come, before it says that it hangs."""

from __future__ import annotations

PATIENCE_S = 60
"""Far more than anything here takes: a machine that does other things as well is no reason to fail."""
