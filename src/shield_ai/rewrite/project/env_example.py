"""Document in .env.example how the app reads its secrets, and add missing variables."""

from __future__ import annotations

import codecs
import itertools
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import uses_customer_key
from shield_ai.model.errors import SourceError
from shield_ai.model.finding import Kind
from shield_ai.rewrite.project.describe import arn_of_secrets, describe_secrets
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, append, single_line
from shield_ai.rewrite.project.template import render

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.rewrite.project.fixer import FixContext

PATH = ".env.example"
KINDS = ("example", "sample", "template", "dist")
FORMS: tuple[str, ...] = (
    ".env.{}",
    "{}.env",
    "env.{}",
    ".{}.env",
    "dotenv.{}",
    ".environment.{}",
    "environment.{}",
)
SEPARATORS = (".", "-", "_")
HEADING = "# In production (USE_AWS_SECRETS=true)"
VARIABLE = re.compile(
    rb"^[ \t]*(?:#[ \t]*)?(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=", re.MULTILINE
)
ENTRY = re.compile(rb"^# (\S+) \((?:text|JSON)", re.MULTILINE)
PLACEHOLDER = "change-me"
DATABASE_PLACEHOLDERS = {"host": "localhost", "port": "5432", "database": "app", "username": "app"}


def fix(context: FixContext) -> Outcome:
    """Extend .env.example."""
    loads_dotenv = context.app.loads_dotenv
    return extend_env_example(context.read, context.manifest, loads_dotenv=loads_dotenv)


def extend_env_example(
    read: FileReader, manifest: Manifest, *, loads_dotenv: bool = False
) -> Outcome:
    """Append the variables and descriptions that .env.example, or a file like it, lacks.

    Args:
        read: Returns the bytes of a file of the app.
        manifest: The secrets of the app.
        loads_dotenv: The app loads .env. Otherwise, the file is created only if there is a .env.
    """
    path = next((path for path in _candidates(manifest) if _exists(read, path)), "")
    if not path and not loads_dotenv and not _exists(read, ".env"):
        return NOTHING
    path = path or PATH
    raw = read(path)
    # A byte order mark or a single \r would hide lines from the regular expressions.
    text = (raw or b"").removeprefix(codecs.BOM_UTF8).replace(b"\r", b"\n")
    existing = {name.decode() for name in VARIABLE.findall(text)}
    blocks = [
        _configuration_block(manifest, existing),
        _variables_block(manifest, existing, is_new=raw is None),
        _production_block(manifest, text),
    ]
    addition = "\n".join(block for block in blocks if block)
    if not addition:
        return NOTHING
    return append(path, raw, addition, gap=True)


def _candidates(manifest: Manifest) -> Iterator[str]:
    """Yield the paths that an example can have: in the app's folder, or above its settings."""
    folders = {"": FORMS}
    for path in (*manifest.app.settings, manifest.app.runtime):
        for folder in reversed(PurePosixPath(path).parents[:-1]):
            folders[f"{folder}/"] = (*FORMS, f"{folder.name}.env.{{}}")
    for prefix, forms in folders.items():
        for separator, form, kind in itertools.product(SEPARATORS, forms, KINDS):
            name = form.replace(".{}", f"{separator}{{}}").replace("{}", kind)
            yield f"{prefix}{name}"


def _exists(read: FileReader, path: str) -> bool:
    try:
        return read(path) is not None
    except SourceError:  # for example, a broken symbolic link
        return False


def _configuration_block(manifest: Manifest, existing: Container[str]) -> str:
    app = manifest.app
    variables = [
        (
            "USE_AWS_SECRETS",
            "false",
            "true: read secrets from AWS Secrets Manager; false: from environment variables",
        ),
        (
            "AWS_REGION",
            single_line(app.region),
            "region of the secrets; required if USE_AWS_SECRETS=true",
        ),
        (
            "DJANGO_ENV",
            "development",
            "development: variables that are set override AWS; other values: AWS overrides them",
        ),
    ]
    if app.prefix:
        prefix = single_line(app.prefix)
        variables.append(("AWS_SECRETS_PREFIX", prefix, "prefix of the secret names in AWS"))
    lines = ["# AWS Secrets Manager"]
    for name, value, comment in variables:
        if name not in existing:
            lines += [f"# {comment}", f"{name}={value}"]
    return "\n".join([*lines, ""]) if len(lines) > 1 else ""


def _variables_block(manifest: Manifest, existing: Container[str], *, is_new: bool) -> str:
    """Return the lines of the variables that are missing.

    They are commented out in a file that developers already copy, as a placeholder could replace
    a default of the app; and if no placeholder has the form that the app parses.
    """
    lines = ["# Secrets for development (read if USE_AWS_SECRETS=false)"]
    for secret in manifest.secret:
        is_used = is_new and not secret.optional and secret.kind is not Kind.URL
        comment = "" if is_used else "#"
        for variable, field in secret.variables().items():
            if variable not in existing:
                lines.append(f"{comment}{variable}={_placeholder(secret, field)}")
    return "\n".join([*lines, ""]) if len(lines) > 1 else ""


def _placeholder(secret: Secret, field: str) -> str:
    if secret.kind is Kind.DATABASE:
        return DATABASE_PLACEHOLDERS.get(field, PLACEHOLDER)
    return "" if secret.optional else PLACEHOLDER


def _production_block(manifest: Manifest, text: bytes) -> str:
    existing = {name.decode() for name in ENTRY.findall(text)}
    new = [secret for secret in describe_secrets(manifest) if secret.name not in existing]
    if not new:
        return ""
    return render(
        "env_example_production.txt.j2",
        secrets=new,
        arn=arn_of_secrets(manifest),
        has_heading=HEADING.encode() in text,
        kms_key=manifest.app.kms_key if uses_customer_key(manifest.app) else "",
    )
