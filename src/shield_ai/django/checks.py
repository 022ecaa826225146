"""System checks. None of them calls AWS; W003 and W005 come with `check --deploy` only.

========================  ==============================================================================
shield_ai.E001            production runs on a key that was made for development
shield_ai.W001            a secret came from the environment while AWS is on
shield_ai.W002            the copy of the runtime was edited
shield_ai.W003            the secret key is rotated, and SECRET_KEY_FALLBACKS is empty
shield_ai.W004            a password stands in the settings as plain text
shield_ai.W005            AWS is on and DJANGO_ENV is not set, so that variables win over AWS
========================  ==============================================================================
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings  # type: ignore[import-untyped]  # Django has no types
from django.core import checks  # type: ignore[import-untyped]  # as above

from shield_ai.django.state import aws_is_on, counts, edited, in_production

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

TAG = "shield_ai"
# Django's own startproject, and what people write by hand; 50 random characters hit none of these.
DEVELOPMENT = re.compile(
    r"(?i)insecure|change.?me|^(dev|test|local|dummy|secret)\b|(secret|dev(elopment)?)[-_ ]?key|example"
)
SECRET = re.compile(r"(?i)(^|_)(password|passwd|secret|secret_key|api_key|token|private_key)$")


def register() -> None:
    """Register all of them."""
    for check in (development_key, environment, runtime_edited, plain_text):
        checks.register(check, TAG, checks.Tags.security)
    for check in (fallbacks, production_unsaid):
        checks.register(check, TAG, checks.Tags.security, deploy=True)


def development_key(**_: Any) -> list[Any]:
    """E001."""
    key = settings.SECRET_KEY
    if not in_production() or not (isinstance(key, str) and DEVELOPMENT.search(key)):
        return []
    return [
        checks.Error(
            "SECRET_KEY is a key for development, and DJANGO_ENV says that this is production.",
            hint="Give the secret a new value in AWS Secrets Manager: shield rotate django-secret-key.",
            id="shield_ai.E001",
        )
    ]


def environment(**_: Any) -> list[Any]:
    """W001."""
    number = int(counts()["FallbackToEnv"])
    if not (aws_is_on() and in_production() and number):
        return []
    return [
        checks.Warning(
            f"{number} reads of secrets fell back to environment variables, because AWS did not give them.",
            hint="The log names each of them. shield verify says what is missing.",
            id="shield_ai.W001",
        )
    ]


def runtime_edited(**_: Any) -> list[Any]:
    """W002."""
    return [
        checks.Warning(
            f"{path} is not as shield apply wrote it.",
            hint="Restore it from git, or remove it and run shield apply.",
            id="shield_ai.W002",
        )
        for path in edited()
    ]


def fallbacks(**_: Any) -> list[Any]:
    """W003."""
    if getattr(settings, "SECRET_KEY_FALLBACKS", None) or not _rotates_key():
        return []
    return [
        checks.Warning(
            "SECRET_KEY is rotated, and SECRET_KEY_FALLBACKS is empty: each rotation signs everybody out.",
            hint='Let it hold get_secret("django-secret-key", None, stage="AWSPREVIOUS") where that is not None.',
            id="shield_ai.W003",
        )
    ]


def plain_text(**_: Any) -> list[Any]:
    """W004."""
    return [
        checks.Warning(
            f"{name} stands as plain text in {path}, line {line}.",
            hint="shield apply moves it to AWS Secrets Manager; then rotate it.",
            id="shield_ai.W004",
        )
        for module in _settings_modules()
        for path, line, name in _literals(module)
    ]


def production_unsaid(**_: Any) -> list[Any]:
    """W005."""
    if not aws_is_on() or in_production():
        return []
    return [
        checks.Warning(
            "USE_AWS_SECRETS is on and DJANGO_ENV is development: a variable that is set wins over AWS.",
            hint="Set DJANGO_ENV=production where the app runs for its users.",
            id="shield_ai.W005",
        )
    ]


def _rotates_key() -> bool:
    """Look in shield.toml, where it is deployed with the app; Python 3.9 and 3.10 can't read it."""
    try:
        import tomllib
    except ModuleNotFoundError:
        return False
    base = Path(getattr(settings, "BASE_DIR", "."))
    for folder in (base, base.parent):
        try:
            secrets = tomllib.loads((folder / "shield.toml").read_text(encoding="utf-8")).get(
                "secret", []
            )
        except (OSError, ValueError):
            continue
        return any(
            s.get("kind") == "django-secret-key" and s.get("rotate")
            for s in secrets
            if isinstance(s, dict)
        )
    return False


def _settings_modules() -> list[ModuleType]:
    """Return the module of the settings and those beside it that it was put together from."""
    name = getattr(settings, "SETTINGS_MODULE", "") or ""
    own = sys.modules.get(name)
    package = getattr(own, "__package__", "") or ""
    near = [
        m
        for n, m in list(sys.modules.items())
        if n.rpartition(".")[0] == package and "settings" in package
    ]
    return [module for module in dict.fromkeys([own, *near]) if module is not None]


def _literals(module: ModuleType) -> Iterator[tuple[str, int, str]]:
    path = getattr(module, "__file__", None)
    try:
        tree = ast.parse(Path(str(path)).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    fields: list[ast.AST | None] = []  # of databases of our backends: names, no values
    for node in ast.walk(tree):
        for name, value in [] if node in fields else _pairs(node):
            if name == "SECRET_FIELDS":
                fields.append(value)
            if (
                SECRET.search(name)
                and isinstance(value, ast.Constant)
                and isinstance(value.value, str)
                and value.value
            ):
                yield str(path), value.lineno, name


def _pairs(node: ast.AST) -> list[tuple[str, ast.expr | None]]:
    """Return name and value of an assignment, or of each item of a dictionary."""
    if isinstance(node, ast.Assign):
        return [(target.id, node.value) for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [(node.target.id, node.value)]
    if isinstance(node, ast.Dict):
        keys = enumerate(node.keys)
        found = [
            (str(key.value), node.values[i]) for i, key in keys if isinstance(key, ast.Constant)
        ]
        # A database of our backends: there, SECRET is the name of one.
        return [pair for pair in found if pair[0] != "SECRET" or "ENGINE" not in dict(found)]
    return []
