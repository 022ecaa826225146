"""Report the state of the runtime in this process, without names or values of secrets."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..metrics import COUNTS
from ..settings import DEVELOPMENT, ON, environment_name

if TYPE_CHECKING:
    from types import ModuleType

OWN_NAME = __name__.removesuffix(".django.state")
# The first line that `shield apply` writes into each copied file of this package. The digest covers
# all following lines.
STAMP = re.compile(r"# shield-ai runtime(?: \S+)? sha256:([0-9a-f]{32})")


def runtimes() -> list[ModuleType]:
    """Return this package, and every copy of it that has been imported in this process."""
    own = sys.modules[OWN_NAME]
    copies = []
    for module in list(sys.modules.values()):
        client_class = getattr(module, "__dict__", {}).get("SecretsManagerClient")
        defined_in = getattr(client_class, "__module__", "")
        name = getattr(module, "__name__", "")
        if defined_in == f"{name}.client" and module is not own:
            copies.append(module)
    return [own, *copies]


def _clients() -> list[Any]:
    """Return the clients of all runtimes: the default ones, and those that the app creates."""
    return [client for module in runtimes() for client in list(module.process.clients)]


def counts() -> dict[str, float]:
    """Return the counters, summed over all clients."""
    total: dict[str, float] = dict.fromkeys(COUNTS, 0.0)
    for client in _clients():
        found = client.stats()
        for name in total:
            total[name] += found.get(name, 0)
    return total


def modified_runtime_files() -> list[str]:
    """Return the paths of copied files that have been edited since `shield apply` wrote them."""
    paths = []
    for module in runtimes():
        folder = Path(str(module.__file__)).parent
        for path in sorted(folder.rglob("*.py")):
            if not is_unchanged(path):
                paths.append(str(path))
    return paths


def is_unchanged(path: Path) -> bool:
    """Return whether a file matches the digest in its first line; True without a digest."""
    try:
        # Universal newlines: Git may have changed the line ends.
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return True
    first, _, body = text.partition("\n")
    match = STAMP.match(first)
    return match is None or hashlib.sha256(body.encode()).hexdigest()[:32] == match[1]


def aws_is_on() -> bool:
    """Return whether USE_AWS_SECRETS is on."""
    return os.environ.get("USE_AWS_SECRETS", "").strip().lower() in ON


def is_outside_development() -> bool:
    """Return whether the environment is set, and not to development."""
    return environment_name() not in {"", *DEVELOPMENT}


def status() -> dict[str, Any]:
    """Return the configuration and the counters of all clients."""
    found = counts()
    reads = found["CacheHits"] + found["CacheMisses"]
    return {
        "aws": aws_is_on(),
        "environment": environment_name(),
        "region": os.environ.get("AWS_REGION", ""),
        "fallback": os.environ.get("AWS_SECRETS_FALLBACK") or "env",
        "calls": int(found["SecretsManagerCalls"]),
        "hit_rate": round(found["CacheHits"] / reads, 3) if reads else None,
        "errors": int(found["SecretErrors"]),
        "last_error": _last_error(),
        "fallbacks": int(found["FallbackToEnv"]),
        "stale": int(found["StaleServed"]),
    }


def _last_error() -> str:
    """Return the type and age of the newest error; empty without an error."""
    errors = []
    for client in _clients():
        last = client.last_error()
        if last is not None:
            kind, at = last
            errors.append((at, kind))
    if not errors:
        return ""
    at, kind = max(errors)
    return f"{kind}, {max(0.0, monotonic() - at):.0f} s ago"
