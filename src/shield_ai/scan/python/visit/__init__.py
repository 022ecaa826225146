"""Visit the syntax tree of one file, and collect candidates."""
