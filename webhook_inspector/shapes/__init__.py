"""Payload structure: infer, compare, diff."""
