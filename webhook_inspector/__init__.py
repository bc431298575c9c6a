"""Webhook Inspector: capture, inspect, verify, diff and replay webhooks in your terminal."""

import logging

__version__ = "0.1.0"

# Nothing is ever printed beside the screen: whoever wants the warnings adds a handler.
logging.getLogger(__name__).addHandler(logging.NullHandler())
