"""The log: the only user of sqlite-utils and sqlite3."""
