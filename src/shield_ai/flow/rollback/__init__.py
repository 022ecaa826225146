"""Undo the last apply."""
