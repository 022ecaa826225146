"""Rewrite the Python files of an app."""
