"""Find credentials in text by rules and context."""
