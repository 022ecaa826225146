"""Repositories with control characters and CI commands in names and texts, and how to run a command on them."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from hostile_git import git
from shield_forks import run_shield

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path

# C0 without newline and tab, DEL and C1, directional, zero-width and separator characters, lone
# surrogates, variation selectors, tags, and commands to CI systems. https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff"
    "\ud800-\udfff\ufe00-\ufe0f\U000e0000-\U000e01ef]"
    r"|^\s*::[a-z].*|##\w*\[.*",
    re.MULTILINE,
)
EVIL = (
    "\x1b[2J\x1b]0;x\x07\x08\x7f\x9b31m\u202e\u2066\u200e\u200f\u061c\u200b\u200d\u2060\ufeff"
    "\u2028\u2029\ufe0f\U000e0041"
)


def shield(
    app: Path,
    *arguments: str,
    stdin: str | bytes = b"",
    variables: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> subprocess.CompletedProcess[bytes]:
    """Run shield in a folder, without AWS."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(app.parent),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "AWS_EC2_METADATA_DISABLED": "true",
        **(variables or {}),
    }
    given = stdin.encode() if isinstance(stdin, str) else stdin
    return run_shield(arguments, app, env, given, timeout)


def forbidden(raw: bytes) -> list[str]:
    """Return the forbidden parts of an output, which must be valid UTF-8."""
    return sorted(set(FORBIDDEN.findall(raw.decode("utf-8"))))


def make_hostile_app(folder: Path) -> Path:
    """Create a Django app with control characters wherever a repository can put them."""
    shop = folder / "shop"
    shop.mkdir(parents=True)
    (folder / "manage.py").write_text(
        'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
    )
    (shop / "__init__.py").touch()
    password = "Tr0ub4dor" + "-k9Zq7"
    lines = [
        "import os",
        f"# {EVIL}".replace("\u2028", "").replace("\u2029", ""),
        f'SECRET_KEY = os.environ["SECRET_KEY"]  # {EVIL[:9]}',
        f'STRIPE_API_KEY = os.environ.get("STRIPE_KEY{EVIL}", "x")',
        'TWILIO_AUTH_TOKEN = os.getenv("TWILIO\\ud800_TOKEN\\x1b[2J\\u202e\\u2028\\x9b")',
        f'DB_PASSWORD = "{password}{EVIL}"',
        f'DATABASES = {{"default{EVIL}": {{"PASSWORD": os.environ["DB_PASS"]}}}}',
        f'CONFIG = {{"api_key{EVIL}": "{password}x1"}}',
    ]
    (shop / "settings.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / f"broken{EVIL}.py").write_text("def (\n")
    (folder / f"keys{EVIL}.py").write_text(f'PASSWORD = "{password}2"\n')
    (folder / f"conf{EVIL}.yaml").write_text(
        f'"pass{EVIL}word": {password}3\npassword: {password}4\n'
    )
    (folder / f"bad{EVIL}.json").write_text('{"password": ')
    for name in ("::error file=a::b.py", "##vso[task.setvariable variable=A]b.py"):
        (folder / name).write_text(f'PASSWORD = "{password}8"\n')
    (folder / "latin.py").write_bytes(b'# \xe9\xff\nPASSWORD = "' + password.encode() + b'5"\n')
    (folder / os.fsdecode(b"raw\xff\x1b\xc2\x9b.py")).write_text(f'API_PASSWORD = "{password}6"\n')
    (folder / ".env").write_text(f"SECRET_KEY=abc{EVIL}\nSTRIPE_KEY=k{EVIL}\nDB_PASS=1\n")
    (folder / ".gitignore").write_text(".env\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(
        folder,
        "-c",
        f"user.name=Eve{EVIL}",
        "commit",
        "-q",
        "-m",
        f"first {EVIL}",
        "--author=Eve\x1b[2J\u202e <e\x1b@example.test>",
    )
    (folder / f"staged{EVIL}.py").write_text(f'PASSWORD = "{password}7"\n')
    git(folder, "add", "-A")
    return folder
