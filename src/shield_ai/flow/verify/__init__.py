"""Checks of the code, the settings, the app's role and the account."""
