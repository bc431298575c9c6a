"""Faults: one file each, a pure function from plan to plan."""
