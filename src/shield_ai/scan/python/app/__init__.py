"""Scan all files of an app, and judge what takes more than one file."""
