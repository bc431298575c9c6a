"""The one facade that every front end calls."""
