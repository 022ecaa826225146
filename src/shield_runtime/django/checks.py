"""System checks. None of them calls AWS; W003 and W005 run only with `check --deploy`.

==============  ====================================================================
shield_ai.E001  SECRET_KEY is a development key, and the environment is another
shield_ai.E002  AWS is on, but boto3 is not installed
shield_ai.W001  AWS is on, but a secret was read from an environment variable
shield_ai.W002  a file of the copied runtime has been edited
shield_ai.W003  the secret key is rotated, but SECRET_KEY_FALLBACKS is empty
shield_ai.W004  a settings file contains a hardcoded password
shield_ai.W005  AWS is on, but variables take precedence in the environment
==============  ====================================================================
"""

from __future__ import annotations

import ast
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from ..settings import Settings, environment_name
from .state import aws_is_on, counts, is_outside_development, modified_runtime_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

TAG = "shield_ai"
# Keys of startproject, and manually written keys. A key of 50 random characters does not match.
DEVELOPMENT_KEY = re.compile(
    r"(?i)insecure|change.?me|^(dev|test|local|dummy|secret)\b"
    r"|(secret|dev(elopment)?)[-_ ]?key|example"
)
SECRET_NAME = re.compile(r"(?i)(^|_)(password|passwd|secret|secret_key|api_key|token|private_key)$")


def register() -> None:
    """Register all checks."""
    for check in (
        development_key,
        missing_boto3,
        environment_fallback,
        edited_runtime,
        hardcoded_password,
    ):
        checks.register(check, TAG, checks.Tags.security)
    for check in (secret_key_fallbacks, environment_not_set):
        checks.register(check, TAG, checks.Tags.security, deploy=True)


def development_key(**_: Any) -> list[Any]:
    """Report a development key outside development (E001)."""
    if not is_outside_development():
        return []
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:  # it is empty, as while an image is built
        return []
    if not isinstance(key, str) or not DEVELOPMENT_KEY.search(key):
        return []
    return [
        checks.Error(
            f"SECRET_KEY is a development key, but {_environment()}.",
            hint="Rotate it in AWS Secrets Manager: shield rotate django-secret-key.",
            id="shield_ai.E001",
        )
    ]


def missing_boto3(**_: Any) -> list[Any]:
    """Report that boto3 is not installed (E002)."""
    uses_agent = os.environ.get("AWS_SECRETS_TRANSPORT", "").strip().lower() == "agent"
    if not aws_is_on() or uses_agent or find_spec("botocore") is not None:
        return []
    return [
        checks.Error(
            "USE_AWS_SECRETS is on, but boto3 is not installed: no secret can be read.",
            hint="Install it where the app runs: pip install boto3.",
            id="shield_ai.E002",
        )
    ]


def environment_fallback(**_: Any) -> list[Any]:
    """Report secrets that were read from environment variables (W001)."""
    number = int(counts()["FallbackToEnv"])
    if not aws_is_on() or not is_outside_development() or not number:
        return []
    reads = "1 secret was" if number == 1 else f"{number} secrets were"
    return [
        checks.Warning(
            f"{reads} read from environment variables, because AWS did not return them.",
            hint="The log names each of them. Run shield verify to see what is missing.",
            id="shield_ai.W001",
        )
    ]


def edited_runtime(**_: Any) -> list[Any]:
    """Report edited files of a copied runtime (W002)."""
    return [
        checks.Warning(
            f"{path} has been edited since shield apply wrote it.",
            hint="Restore it from Git, or remove it and run shield apply.",
            id="shield_ai.W002",
        )
        for path in modified_runtime_files()
    ]


def secret_key_fallbacks(**_: Any) -> list[Any]:
    """Report that rotations of SECRET_KEY log all users out (W003)."""
    if getattr(settings, "SECRET_KEY_FALLBACKS", None) or not _rotates_secret_key():
        return []
    return [
        checks.Warning(
            "SECRET_KEY_FALLBACKS is empty: each rotation of SECRET_KEY logs all users out.",
            hint='Add the results of get_secret("django-secret-key", None, stage=STAGE)'
            ' for "AWSPREVIOUS" and "AWSPENDING" to the list, unless they are None.',
            id="shield_ai.W003",
        )
    ]


def hardcoded_password(**_: Any) -> list[Any]:
    """Report hardcoded passwords in the settings (W004)."""
    return [
        checks.Warning(
            f"{name} is hardcoded in {path}, line {line}.",
            hint="shield apply moves it to AWS Secrets Manager; rotate it afterwards.",
            id="shield_ai.W004",
        )
        for module in _settings_modules()
        for path, line, name in _hardcoded(module)
    ]


def environment_not_set(**_: Any) -> list[Any]:
    """Report that environment variables take precedence over AWS (W005)."""
    if not aws_is_on() or not Settings().prefers_variables:
        return []
    return [
        checks.Warning(
            f"USE_AWS_SECRETS is on and {_environment()}:"
            " a variable that is set takes precedence over AWS.",
            hint=f"Set {_stage_variable()}=production where the app serves users.",
            id="shield_ai.W005",
        )
    ]


def _environment() -> str:
    """Return the variable that names the environment, and its value: `DJANGO_ENV is staging`."""
    return f"{_stage_variable()} is {environment_name() or 'not set'}"


def _stage_variable() -> str:
    """Return the variable that names the environment, or that can name it if none does."""
    uses_django_env = os.environ.get("DJANGO_ENV") and not os.environ.get("AWS_SECRETS_ENV")
    return "DJANGO_ENV" if uses_django_env else "AWS_SECRETS_ENV"


def _rotates_secret_key() -> bool:
    """Return whether shield.toml, if deployed, rotates the Django key. Requires Python 3.11."""
    try:
        import tomllib
    except ModuleNotFoundError:
        return False
    base = Path(getattr(settings, "BASE_DIR", "."))
    for folder in (base, base.parent):
        try:
            manifest = tomllib.loads((folder / "shield.toml").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        secrets = [item for item in manifest.get("secret", []) if isinstance(item, dict)]
        keys = [item for item in secrets if item.get("kind") == "django-secret-key"]
        return any(item.get("rotate") for item in keys)
    return False


def _settings_modules() -> list[ModuleType]:
    """Return the settings module; with a package such as shop.settings, also its modules."""
    name = getattr(settings, "SETTINGS_MODULE", "") or ""
    own = sys.modules.get(name)
    package = getattr(own, "__package__", "") or ""
    modules = [own]
    if "settings" in package:
        for other, module in list(sys.modules.items()):
            if other.rpartition(".")[0] == package:
                modules.append(module)
    return [module for module in dict.fromkeys(modules) if module is not None]


def _hardcoded(module: ModuleType) -> Iterator[tuple[str, int, str]]:
    """Yield the path, line and name of each hardcoded password in a module."""
    path = str(getattr(module, "__file__", None))
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    field_names: list[ast.AST | None] = []  # SECRET_FIELDS of our backends: names, not values
    for node in ast.walk(tree):
        if node in field_names:
            continue
        for name, value in _names_and_values(node):
            if name == "SECRET_FIELDS":
                field_names.append(value)
            if value and SECRET_NAME.search(name) and _is_nonempty_text(value):
                yield path, value.lineno, name


def _is_nonempty_text(value: ast.expr | None) -> bool:
    if not isinstance(value, ast.Constant):
        return False
    return isinstance(value.value, str) and bool(value.value)


def _names_and_values(node: ast.AST) -> list[tuple[str, ast.expr | None]]:
    """Return the name and value of an assignment, or of each item of a dictionary."""
    if isinstance(node, ast.Assign):
        return [(target.id, node.value) for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [(node.target.id, node.value)]
    if not isinstance(node, ast.Dict):
        return []
    items: list[tuple[str, ast.expr | None]] = []
    for key, value in zip(node.keys, node.values):
        if isinstance(key, ast.Constant):
            items.append((str(key.value), value))
    if "ENGINE" in dict(items):
        # In DATABASES, SECRET is the name of a secret, not a value.
        items = [item for item in items if item[0] != "SECRET"]
    return items
