"""Optimizations that change no result: lazy regular expressions and an on-disk cache."""
