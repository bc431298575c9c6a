"""JSON Schema of learned shapes, pins of them, and what breaks a pin."""

from webhook_inspector.shapes.schema.emit import json_schema, openapi
from webhook_inspector.shapes.schema.pins import Pin, dump_pin, load_pin, opened
from webhook_inspector.shapes.schema.validate import Checker, Violation

__all__ = ["Checker", "Pin", "Violation", "dump_pin", "json_schema", "load_pin", "openapi", "opened"]
