"""The goals, and how a measurement is held against them."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """What is wanted of one figure."""

    what: str
    goal: float | None
    moonshot: float | None
    unit: str = ""
    """Empty: a ratio."""
    least: bool = True
    """Whether more is better."""

    def met(self, value: float, wanted: float) -> bool:
        """Whether a figure reaches what is wanted."""
        return value >= wanted if self.least else value <= wanted


GOALS = {
    "P1": Goal("durable capture, 64 connections, 1 KiB, over the bare handler", 0.45, 0.70),
    "P2": Goal("durable capture, 64 connections, 10 KiB, over the bare handler", 0.40, 0.60),
    "P3": Goal("p99 at 64 connections, 1 KiB, over the bare handler's", 2.5, 1.5, least=False),
    "P4": Goal("one connection, over single-row FULL commits of SQLite", 0.35, 0.60),
    "P5 mitmproxy": Goal("over mitmproxy answering and writing flows", 13, 20, "times"),
    "P5 reverse": Goal("over mitmproxy in front of the bare handler", None, None, "times"),
    "P5 naive": Goal("over aiohttp with a sqlite-utils insert a request", 4, 6, "times"),
    "P6": Goal("with the app open and following, over headless", 0.7, 0.9),
    "P7": Goal("log over raw bodies of GitHub's kind", 0.5, 0.15, least=False),
    "P8": Goal("resident memory after 50,000 captures, headless", 80, None, "MiB", least=False),
    "P8 growth": Goal("what the second 50,000 add to it", 8, None, "MiB", least=False),
    "R1 first": Goal("1,000,000 deliveries: first page", 50, 10, "ms", least=False),
    "R1 next": Goal("1,000,000 deliveries: next page", 50, 10, "ms", least=False),
    "R1 jump": Goal("1,000,000 deliveries: jump to a number", 50, 10, "ms", least=False),
    "R2 keys": Goal("1,000,000 deliveries: slowest filter on indexed keys, count included", 200, 50, "ms", least=False),
    "R2 word": Goal("1,000,000 deliveries: word in bodies, first page", 500, 100, "ms", least=False),
    "R3": Goal("1,000,000 deliveries: `list --limit 20`, whole process", 0.35, 0.2, "s", least=False),
    "S1": Goal("shapes learned from payloads of GitHub's kind, one core", 2500, 8000, "/s"),
    "S2": Goal("a failing signature explained, 10 KiB, slowest recipe", 20, 2, "ms", least=False),
    "X1 share": Goal("replay, one in flight, over a bare aiohttp client", 0.6, 0.9),
    "X1 share 16": Goal("replay, 16 in flight, over a bare aiohttp client", 0.6, 0.9),
    "X1 late": Goal("replay at 100/s: send time error, p95", 20, 2, "ms", least=False),
    "X2": Goal("`check` against a 1 ms handler, trials", 150, 500, "/s"),
}


def table(found: Iterable[tuple[str, float]]) -> str:
    """One line a figure: name, measured, goal, moonshot, whether they are reached."""
    lines = [f"{'':<13} {'what':<71} {'measured':>9} {'goal':>7} {'moonshot':>9}  holds"]
    for name, value in found:
        goal = GOALS[name]
        parts = [_number(value), _number(goal.goal), _number(goal.moonshot)]
        holds = ""
        if goal.goal is not None:
            holds = "yes" if goal.met(value, goal.goal) else "NO"
        if goal.moonshot is not None and goal.met(value, goal.moonshot):
            holds = "moonshot"
        what = f"{goal.what}{', ' + goal.unit if goal.unit else ''}"
        lines.append(f"{name:<13} {what:<71} {parts[0]:>9} {parts[1]:>7} {parts[2]:>9}  {holds}".rstrip())
    return "\n".join(lines)


def machine() -> str:
    """Where and under what load this was measured: ratios compare, absolute figures do not."""
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, load {load}, {platform.system()}, Python {sys.version.split()[0]}, "
        f"SQLite {sqlite3.sqlite_version}"
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")
