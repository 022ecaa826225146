"""How code reads an environment variable: through which names, objects and functions."""
