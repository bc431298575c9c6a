"""What is secret in a request, and its masked form."""
