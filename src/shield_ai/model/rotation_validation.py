"""Validate the rotation of a secret in shield.toml."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model import schedule
from shield_ai.model.database_fields import DATABASE_ENGINES
from shield_ai.model.errors import ManifestError
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import SHORT_STRATEGIES, Rotation
from shield_ai.model.manifest_patterns import ADMIN, FUNCTION_FILE, HOOK_FILE
from shield_ai.model.text_validation import check_texts
from shield_ai.rotator.document import SSL_MODES
from shield_ai.rotator.registry import STRATEGIES

if TYPE_CHECKING:
    from shield_ai.model.manifest import Secret

# The modules of a rotation function, which a hook in its top folder would hide: those in the zip,
# those that Lambda adds, and the standard library.
FUNCTION_MODULES = sys.stdlib_module_names | {
    "asn1crypto",
    "boto3",
    "botocore",
    "dateutil",
    "pg8000",
    "pymysql",
    "rotator",
    "scramp",
    "six",
}


def _check_schedule(rotation: Rotation) -> None:
    if rotation.every:
        when = schedule.parse_schedule(rotation.every)
        if rotation.window:
            schedule.parse_window(rotation.window, when)
    elif rotation == Rotation():
        raise ManifestError(
            "every and strategy are missing", 'set one of them, or write rotate = "manual"'
        )
    elif rotation.window:
        raise ManifestError("window requires every", "set every, or remove window")


def check_rotation(secret: Secret, rotation: Rotation) -> None:
    """Check the rotation of a secret.

    Raises:
        ManifestError: A value is invalid, or does not suit the kind of the secret.
    """
    _check_schedule(rotation)
    strategies = (*SHORT_STRATEGIES, *STRATEGIES)
    if rotation.strategy and rotation.strategy not in strategies:
        raise ManifestError("unknown strategy", f"use one of {', '.join(strategies)}")
    is_database = secret.kind in {Kind.DATABASE, Kind.URL}
    if rotation.strategy.endswith(SHORT_STRATEGIES) and not is_database:
        raise ManifestError(
            f"strategy {rotation.strategy} does not support the kind {secret.kind}",
            'remove strategy, or describe the login: kind = "database", fields = {host = '
            '"DB_HOST", port = "DB_PORT", database = "DB_NAME", username = "DB_USER", password = '
            f'"{secret.env or "DB_PASSWORD"}"}}',
        )
    if rotation.engine and rotation.engine not in DATABASE_ENGINES:
        raise ManifestError("unknown engine", f"use one of {', '.join(DATABASE_ENGINES)}")
    if rotation.sslmode and rotation.sslmode not in SSL_MODES:
        raise ManifestError("unknown sslmode", f"use one of {', '.join(SSL_MODES)}")
    check_texts([("admin", rotation.admin, ADMIN)])
    _check_path("hook", rotation.hook)
    _check_path("ca", rotation.ca)
    if rotation.hook:
        _check_hook(PurePosixPath(rotation.hook))


def _check_hook(path: PurePosixPath) -> None:
    hint = "use for example ops/stripe_keys.py"
    if not HOOK_FILE.fullmatch(path.name):
        raise ManifestError("hook is not a Python module", hint)
    if path.stem in FUNCTION_MODULES:
        raise ManifestError(
            f"hook has the name of the module {path.stem}, which the rotation function uses", hint
        )


def _check_path(key: str, value: str) -> None:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts:
        raise ManifestError(f"{key} is outside the app's folder", "use a file in it")
    check_texts([(key, value, FUNCTION_FILE)])
