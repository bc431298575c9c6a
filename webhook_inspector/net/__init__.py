"""Listener and sender: the only user of aiohttp."""
