"""The Django app: system checks and `manage.py shield`; no models, no migrations."""

from __future__ import annotations

from django.apps import AppConfig


class ShieldConfig(AppConfig):
    """Registers the checks. The name follows from the folder that the package is copied to."""

    name = __package__
    label = "shield_ai"
    verbose_name = "Shield AI"

    def ready(self) -> None:
        """Register the checks."""
        from . import checks

        checks.register()
