"""Find where the environment variables of the secrets are set: containers, functions, CI jobs."""
