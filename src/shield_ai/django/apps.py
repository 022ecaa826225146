"""The Django app: add "shield_ai.django" to INSTALLED_APPS for its system checks and `manage.py shield`."""

from __future__ import annotations

from django.apps import AppConfig  # type: ignore[import-untyped]  # Django has no types


class ShieldConfig(AppConfig):  # type: ignore[misc]  # Django has no types
    """No models, no migrations."""

    name = "shield_ai.django"
    label = "shield_ai"
    verbose_name = "Shield AI"

    def ready(self) -> None:
        """Register the checks."""
        from shield_ai.django import checks

        checks.register()
