"""Replay as pure data: plans, faults, verdicts."""
