"""Edits of the files around the code: requirements, the runtime copy, tests, documentation."""
