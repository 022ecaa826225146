"""Load, check and self-test the patterns and their rules."""
