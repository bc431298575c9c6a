"""Widgets of our own: line API, one row, safe text."""
