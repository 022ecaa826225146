"""Test the rewrites on an app in a dict: path -> bytes."""

from __future__ import annotations

from shield_ai.model.manifest_parser import parse_manifest
from shield_ai.project.python_source import apply_edits, digest

MANIFEST = """
[app]
name = "shop"
settings = ["shop/settings.py"]
runtime = "shop/utils/secrets.py"
region = "eu-central-1"
role = "ShopRole"

[[secret]]
name = "django-secret-key"
kind = "django-secret-key"
env = "SECRET_KEY"
rotate = "manual"

[[secret]]
name = "database-credentials"
kind = "database"
fields = { database = "DB_NAME", username = "DB_USER", password = "DB_PASSWORD", host = "DB_HOST", port = "DB_PORT" }
rotate = { every = "30 days", strategy = "alternating-users" }

[[secret]]
name = "sentry-dsn"
env = "SENTRY_DSN"
optional = true
"""


def manifest(**app):
    """Return the manifest with other values in its [app] table."""
    text = MANIFEST
    for key, value in app.items():
        lines = [
            line for line in text.splitlines() if not line.startswith(f"{key} = ") or key == "name"
        ]
        text = "\n".join(lines).replace("[app]", f'[app]\n{key} = "{value}"', 1)
    return parse_manifest(text)


def run(outcome, files):
    """Apply changes to the files; return the reasons of the skipped files by path."""
    changes, skipped = outcome
    for change in changes:
        before = files.get(change.path)
        assert change.before == (None if before is None else digest(before))
        files[change.path] = apply_edits(before or b"", change.edits, change.encoding)
        assert change.after == digest(files[change.path])
    assert all(skip.reason and not skip.reason.endswith(".") for skip in skipped)
    return {skip.path: skip.reason for skip in skipped}


def is_subsequence(old, new):
    """Tell whether new contains every byte of old, in the same order."""
    rest = iter(new)
    return all(byte in rest for byte in old)
