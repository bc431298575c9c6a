"""Providers as data: one TOML file each, the records they become, and their strict reader."""
