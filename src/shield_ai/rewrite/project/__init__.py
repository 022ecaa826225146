"""Rewrite the other files of an app: requirements, the runtime copy, tests, documentation."""
