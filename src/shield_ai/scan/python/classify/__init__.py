"""What an expression may be: a secret, a flag, a path or a label, and whether the app needs it."""
