"""The log: the only user of SQLite."""
