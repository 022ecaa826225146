"""Classify expressions: secret, flag, path or label, and whether the app needs the value."""
