"""Wrap the expressions that read or contain secrets in get_secret()."""
