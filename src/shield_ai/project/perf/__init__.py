"""Optimizations without an effect on results: lazy regular expressions and an on-disk cache."""
