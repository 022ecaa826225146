"""How the runtime stands in this process, without a secret's name or value: its mode and what it has counted."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from shield_ai import runtime

if TYPE_CHECKING:
    from types import ModuleType

ON = frozenset({"true", "1", "yes", "on"})
# The first line that `shield apply` puts before a copy of the runtime; the digest is that of all lines after it.
STAMP = re.compile(r"# shield-ai runtime(?: \S+)? sha256:([0-9a-f]{32})")


def runtimes() -> list[ModuleType]:
    """Return every runtime in this process: the package's own, and the copies that `shield apply` put into the app."""
    copies = [
        module
        for module in list(sys.modules.values())
        if module is not runtime
        and getattr(getattr(module, "__dict__", {}).get("SecretsManagerClient"), "__module__", "")
        == module.__name__
    ]
    return [runtime, *copies]


def counts() -> dict[str, float]:
    """Sum up what all of them have counted since the process began."""
    total = dict.fromkeys(runtime.COUNTS, 0.0)
    for module in runtimes():
        found = module.stats()
        for name in total:
            total[name] += found.get(name, 0)
    return total


def edited() -> list[str]:
    """Return the paths of the copies that are not as they were written."""
    return [
        str(module.__file__)
        for module in runtimes()
        if module is not runtime and not _as_written(module)
    ]


def _as_written(module: ModuleType) -> bool:
    try:
        text = Path(str(module.__file__)).read_text(encoding="utf-8")  # whatever its line ends
    except (OSError, UnicodeDecodeError):
        return True  # no source to compare: a .pyc alone, or a zip
    first, _, body = text.partition("\n")
    match = STAMP.match(first)
    return match is None or hashlib.sha256(body.encode()).hexdigest()[:32] == match[1]


def aws_is_on() -> bool:
    """Tell whether USE_AWS_SECRETS is on."""
    return os.environ.get("USE_AWS_SECRETS", "").strip().lower() in ON


def in_production() -> bool:
    """Tell whether DJANGO_ENV names anything but development."""
    return os.environ.get("DJANGO_ENV", "development") != "development"


def status() -> dict[str, Any]:
    """Return mode and counts, for a person or a probe."""
    found = counts()
    asked = found["CacheHits"] + found["CacheMisses"]
    return {
        "aws": aws_is_on(),
        "environment": os.environ.get("DJANGO_ENV", "development"),
        "region": os.environ.get("AWS_REGION", ""),
        "fallback": os.environ.get("AWS_SECRETS_FALLBACK", "env"),
        "calls": int(found["SecretsManagerCalls"]),
        "hit_rate": round(found["CacheHits"] / asked, 3) if asked else None,
        "errors": int(found["SecretErrors"]),
        "last_error": _last_error(),
        "fallbacks": int(found["FallbackToEnv"]),
        "stale": int(found["StaleServed"]),
    }


def _last_error() -> str:
    """Name the type of the newest error and how long ago it was; no secret's name."""
    failed = [getattr(getattr(module, "_client", None), "_failed", None) for module in runtimes()]
    known = [(at, kind) for kind, at in filter(None, failed)]
    if not known:
        return ""
    at, kind = max(known)
    return f"{kind}, {max(0.0, monotonic() - at):.0f} s ago"
