"""Writes docs/reference/ and the man page from the code: what is listed there can't be wrong.

make docs runs it; a test fails while a file is out of date.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import api
import cloud
import lists
import manpage
import tool

from shield_ai.cli import cli
from shield_ai.model import manifest_schema

DOCS = Path(__file__).parent
NOTE = "<!-- Written by `make docs` from the code: change it there. -->\n"


def files() -> dict[Path, str]:
    """Every generated file and its text."""
    reference = DOCS / "reference"
    made = {
        reference / "commands.md": tool.commands(),
        reference / "settings.md": tool.environment(),
        reference / "manifest.md": lists.shield_toml(),
        reference / "rules.md": lists.rules(),
        reference / "metrics.md": cloud.metrics(),
        reference / "permissions.md": cloud.needed(),
        reference / "exit-codes.md": tool.exit_codes(),
        reference / "python.md": api.page(),
    }
    whole = json.dumps(manifest_schema.schema(), indent=2, ensure_ascii=False) + "\n"
    return {
        **{path: NOTE + "\n" + text.strip("\n") + "\n" for path, text in made.items()},
        reference / "shield.schema.json": whole,
        DOCS / "shield.1": manpage.page(cli),
    }


if __name__ == "__main__":
    for path, text in files().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stderr.write(f"written: {path.relative_to(DOCS.parent)}\n")
