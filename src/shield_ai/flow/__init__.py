"""The stages of a migration: draft, plan, apply, verify, rotate and roll back."""
