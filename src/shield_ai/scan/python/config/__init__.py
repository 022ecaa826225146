"""Find reads of secrets from configuration objects and parsed files."""
