"""Edits of the Python sources: findings in, edits out."""
