"""Management command: `manage.py shield check|status|clear-cache`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from ...checks import TAG
from ...state import runtimes, status

if TYPE_CHECKING:
    from argparse import ArgumentParser

LABELS = {
    "aws": "AWS Secrets Manager",
    "environment": "environment",
    "region": "AWS_REGION",
    "fallback": "AWS_SECRETS_FALLBACK",
    "calls": "calls to AWS",
    "hit_rate": "cache hit rate",
    "errors": "errors",
    "last_error": "last error",
    "fallbacks": "fallbacks to the environment",
    "stale": "stale values served",
}


class Command(BaseCommand):
    """Check the app's secrets, show the state of the runtime, or clear its cache."""

    help = "Checks the app's secrets, shows how they are read, or clears this process's cache."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Define the subcommands."""
        commands = parser.add_subparsers(dest="what", required=True)
        check = commands.add_parser("check", help="run the system checks of Shield AI")
        check.add_argument(
            "--deploy", action="store_true", help="also run the checks for production"
        )
        show = commands.add_parser(
            "status",
            help="show how secrets were read in this manage.py process (which only loads the "
            "settings)",
        )
        show.add_argument("--json", action="store_true", help="print JSON")
        commands.add_parser(
            "clear-cache", help="clear the cache of this manage.py process; servers keep theirs"
        )

    def handle(self, **options: Any) -> None:
        """Run the subcommand."""
        if options["what"] == "check":
            call_command("check", tags=[TAG], deploy=options["deploy"], fail_level="WARNING")
        elif options["what"] == "status":
            self._show_status(as_json=options["json"])
        else:
            for module in runtimes():
                module.clear_secret_cache()
            self.stdout.write(
                "Cache cleared in this process. Other processes read each secret again"
                " when its cache entry expires."
            )

    def _show_status(self, *, as_json: bool) -> None:
        found = status()
        if as_json:
            self.stdout.write(json.dumps(found))
            return
        for key, label in LABELS.items():
            self.stdout.write(f"{label:<30} {_shown(key, found[key])}")


def _shown(key: str, value: object) -> object:
    if key == "aws":
        return "on" if value else "off"
    return "-" if value in (None, "") else value
