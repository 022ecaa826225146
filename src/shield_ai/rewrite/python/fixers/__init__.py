"""Fixers of Python files beside the wrapped expressions: each module has a function fix()."""
