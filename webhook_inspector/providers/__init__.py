"""Providers as data: one TOML file each, and their reader."""
