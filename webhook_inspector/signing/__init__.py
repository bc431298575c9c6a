"""Signatures: checking them, explaining why one does not match, and signing again."""

from webhook_inspector.signing.checking import verify
from webhook_inspector.signing.resigning import can_sign, sign

__all__ = ["can_sign", "sign", "verify"]
