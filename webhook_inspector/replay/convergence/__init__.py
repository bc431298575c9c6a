"""The convergence check: does a handler end in the same state however its deliveries arrive?

Pure: what is sent and observed is given in by the caller.
"""

from webhook_inspector.replay.convergence.model import PROPERTIES, Observation, Send, Trial
from webhook_inspector.replay.convergence.search import Counterexample, PropertyResult, Search

__all__ = ["PROPERTIES", "Counterexample", "Observation", "PropertyResult", "Search", "Send", "Trial"]
