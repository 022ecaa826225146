"""Hide secret values in the app's own text."""
