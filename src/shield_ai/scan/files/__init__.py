"""Which files to scan, and what a file is."""
