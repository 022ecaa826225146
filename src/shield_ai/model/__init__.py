"""Immutable data structures of the tool, without I/O."""
