"""Sample events and stories of our own making, one file a provider."""

from webhook_inspector.samples.load import SampleInfo, catalogue, describe, sample
from webhook_inspector.samples.stories import StoryInfo, StoryStep, describe_stories, story

__all__ = [
    "SampleInfo",
    "StoryInfo",
    "StoryStep",
    "catalogue",
    "describe",
    "describe_stories",
    "sample",
    "story",
]
