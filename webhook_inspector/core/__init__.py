"""Ground: the records and rules that every room shares. Standard library only."""
