"""The Django app: system checks and `manage.py shield`; no models, no migrations."""

from __future__ import annotations

from django.apps import AppConfig


class ShieldConfig(AppConfig):
    """Registers the checks. The app's name depends on the folder that contains this package."""

    name = __package__
    label = "shield_ai"
    verbose_name = "Shield AI"

    def ready(self) -> None:
        """Register the checks."""
        from . import checks

        checks.register()
