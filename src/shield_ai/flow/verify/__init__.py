"""Checks of the code, the settings, the account and the role."""
