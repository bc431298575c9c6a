"""How a body is shown: one view a file; never fails."""
