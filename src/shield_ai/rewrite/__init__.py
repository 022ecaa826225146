"""Rewrite the files of an app: each rewrite returns the edits and the reasons for skipped files."""
