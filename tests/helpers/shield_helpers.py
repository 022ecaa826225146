"""Run `shield` on a small app, in a new process or in this one."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shield_forks import run_shield

from shield_ai.__main__ import main
from shield_ai.model.output_options import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SETTINGS = b"""\
import os

SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = os.environ.get("DEBUG") == "1"
MAIL_API_KEY = os.environ.get("MAIL_API_KEY", "")
DATABASES = {
    "default": {
        "NAME": os.environ.get("DATABASE_NAME", "shop"),
        "USER": os.environ["DATABASE_USER"],
        "PASSWORD": os.environ["DATABASE_PASSWORD"],
    }
}
SENTRY_DSN = os.getenv("SENTRY_DSN")
"""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


def shield(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: str | None = None
) -> Done:
    """Run one command outside the process of the test."""
    environment = {"NO_COLOR": "1", "COLUMNS": "80", **os.environ, **(env or {})}
    done = run_shield(arguments, cwd, environment, (stdin or "").encode())
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def run(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: str | None = None
) -> Done:
    """Run one command in this process, which is faster."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    before, typed = dict(os.environ), sys.stdin
    OUTPUT.quiet = OUTPUT.verbose = False  # else, options of the command before could last
    os.environ.update({"NO_COLOR": "1", "COLUMNS": "80", **(env or {})})
    sys.stdin = io.TextIOWrapper(io.BytesIO((stdin or "").encode()), "utf-8")
    try:
        with (
            contextlib.chdir(cwd),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main(arguments)
    finally:
        sys.stdin = typed
        os.environ.clear()
        os.environ.update(before)
    return Done(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


def make_app(root: Path) -> dict[str, str]:
    """Create a small app with a .env file, and return its values by variable."""
    (root / "shop").mkdir()
    (root / "shop/__init__.py").touch()
    (root / "shop/settings.py").write_bytes(SETTINGS)
    (root / "manage.py").write_text(
        'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
    )
    (root / "requirements.txt").write_text("django\n")
    names = ("SECRET_KEY", "MAIL_API_KEY", "DATABASE_NAME", "DATABASE_USER", "DATABASE_PASSWORD")
    values = {name: secrets.token_hex(12) for name in names}
    (root / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    return values


def files_of(root: Path) -> dict[str, bytes]:
    """Return the content of every file by path, without .shield, bytecode and .git."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and not {".shield", "__pycache__", ".git"} & set(path.relative_to(root).parts)
    }


def reason_of(site):
    """Return the text of the reason why a site cannot be migrated; empty if it can."""
    return site.reason.text if site.reason else ""
