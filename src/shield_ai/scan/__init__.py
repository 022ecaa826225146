"""Scan files for secrets."""
