"""Importers: one a file. They read, and never send."""
