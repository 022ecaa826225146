"""What was found, planned and done, as text: pure functions that return it; the CLI prints."""
