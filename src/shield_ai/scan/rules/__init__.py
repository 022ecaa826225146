"""Load, check and explain the detection rules."""
