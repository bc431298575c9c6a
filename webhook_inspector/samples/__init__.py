"""Sample events of our own making, one file a provider."""

from webhook_inspector.samples.load import SampleInfo, catalogue, describe, sample

__all__ = ["SampleInfo", "catalogue", "describe", "sample"]
