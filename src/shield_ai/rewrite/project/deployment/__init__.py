"""Edit the variables in deployment files."""
