"""The body views: one file each, with a `VIEW` (see `bodies.api.BodyView`)."""
