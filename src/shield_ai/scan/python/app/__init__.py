"""Scan all files of an app, and run the checks that need more than one file."""
