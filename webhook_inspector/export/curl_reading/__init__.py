"""Command lines of curl read as text: nothing is run, expanded or opened."""
