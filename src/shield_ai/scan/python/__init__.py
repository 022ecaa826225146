"""Find reads and hardcoded values in Python by its syntax tree."""
