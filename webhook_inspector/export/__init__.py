"""Leaving and entering the log: one format a file."""
