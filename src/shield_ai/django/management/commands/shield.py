"""`manage.py shield check|status|clear-cache`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

# Django has no types
from django.core.management import call_command  # type: ignore[import-untyped]
from django.core.management.base import BaseCommand  # type: ignore[import-untyped]  # as above

from shield_ai.django.checks import TAG
from shield_ai.django.state import runtimes, status

if TYPE_CHECKING:
    from argparse import ArgumentParser

WORDS = {
    "aws": "AWS Secrets Manager is",
    "environment": "DJANGO_ENV",
    "region": "AWS_REGION",
    "fallback": "AWS_SECRETS_FALLBACK",
    "calls": "calls of AWS",
    "hit_rate": "cache hit rate",
    "errors": "errors",
    "last_error": "last error",
    "fallbacks": "fallbacks to the environment",
    "stale": "stale answers",
}


class Command(BaseCommand):  # type: ignore[misc]  # Django has no types
    """Secrets in this app: system checks, how the runtime stands, an empty cache."""

    help = "Checks the app's secrets, says how they are read, or empties the cache of this process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what is to be done."""
        commands = parser.add_subparsers(dest="what", required=True)
        check = commands.add_parser("check", help="run the system checks of Shield AI")
        check.add_argument("--deploy", action="store_true", help="those for production, too")
        show = commands.add_parser(
            "status", help="mode and counts of this process; loading the settings is all it did"
        )
        show.add_argument("--json", action="store_true", help="print JSON")
        commands.add_parser("clear-cache", help="forget every secret that this process has read")

    def handle(self, **options: Any) -> None:
        """Do it."""
        if options["what"] == "check":
            call_command("check", tags=[TAG], deploy=options["deploy"], fail_level="WARNING")
        elif options["what"] == "status":
            self._status(as_json=options["json"])
        else:
            for module in runtimes():
                module.clear_secret_cache()
            self.stdout.write(
                "Forgotten, in this process. Others read each secret anew when its time is over."
            )

    def _status(self, *, as_json: bool) -> None:
        found = status()
        if as_json:
            self.stdout.write(json.dumps(found))
            return
        for key, words in WORDS.items():
            value = found[key]
            shown = (
                ("on" if value else "off")
                if key == "aws"
                else "-"
                if value in (None, "")
                else value
            )
            self.stdout.write(f"{words:<30} {shown}")
