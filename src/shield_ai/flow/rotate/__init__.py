"""Rotate secrets, and read the status of their rotations."""
