"""A valid shield.toml."""

from __future__ import annotations

GOOD = """\
# our app
[app]
name = "shop"
region = "eu-west-1"

[[secret]]
name = "django-secret-key"   # the key
kind = "django-secret-key"
env = "SECRET_KEY"

[[secret]]
name = "database-credentials"
kind = "database"
fields = { username = "DB_USER", password = "DB_PASSWORD" }
rotate = { every = "30 days" }
"""
