"""Sample events of our own making, one file a provider."""
