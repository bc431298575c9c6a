"""The parts of the log's screen."""
