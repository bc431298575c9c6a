"""The structure of payloads, and the differences between two of them."""

from webhook_inspector.shapes.compare import diff_requests
from webhook_inspector.shapes.model import KINDS, Change, PayloadDiff
from webhook_inspector.shapes.shape import Node, Shape, digest_of, infer

__all__ = ["KINDS", "Change", "Node", "PayloadDiff", "Shape", "diff_requests", "digest_of", "infer"]
