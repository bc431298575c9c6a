"""Small outside services: clipboard, highlighting."""
