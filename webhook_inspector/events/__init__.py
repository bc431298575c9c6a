"""Events behind deliveries: who sent them, which event they carry, and how they relate to each other."""

from webhook_inspector.events.detection import detect, scores
from webhook_inspector.events.extraction import extract, object_key
from webhook_inspector.events.relation import Earlier, EarlierLike, Relation, relate

__all__ = ["Earlier", "EarlierLike", "Relation", "detect", "extract", "object_key", "relate", "scores"]
