"""Webhook Inspector: capture, inspect, verify, diff and replay webhooks in your terminal."""

__version__ = "0.1.0"
