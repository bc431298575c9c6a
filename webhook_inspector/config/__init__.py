"""Configuration: model, loading, paths."""
