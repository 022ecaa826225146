"""Document in .env.example how the app reads its secrets, and add the variables that the file lacks."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import uses_customer_key
from shield_ai.model.finding import Kind
from shield_ai.rewrite.project.describe import describe
from shield_ai.rewrite.project.template import render
from shield_ai.rewrite.project.text import (
    NOTHING,
    Outcome,
    append,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Container

    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.rewrite import Read

PATH = ".env.example"
HEADING = "# In production (USE_AWS_SECRETS=true)"
VARIABLE = re.compile(
    rb"^[ \t]*(?:#[ \t]*)?(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=", re.MULTILINE
)
ENTRY = re.compile(rb"^# (\S+) \((?:text|JSON)", re.MULTILINE)
PLACEHOLDER = "change-me"


def fix(read: Read, manifest: Manifest) -> Outcome:
    """Append what is missing; every byte that is there stays."""
    raw = read(PATH)
    # A byte order mark, or the newlines of old Macs, would hide lines.
    text = (raw or b"").removeprefix(codecs.BOM_UTF8).replace(b"\r", b"\n")
    have = {name.decode() for name in VARIABLE.findall(text)}
    blocks = [_switches(manifest, have), _variables(manifest, have), _production(manifest, text)]
    addition = "\n".join(block for block in blocks if block)
    if not addition:
        return NOTHING
    return append(PATH, raw, addition, gap=True)


def _switches(manifest: Manifest, have: Container[str]) -> str:
    app = manifest.app
    switches = [
        (
            "USE_AWS_SECRETS",
            "false",
            "true: read secrets from AWS Secrets Manager; false: from these variables",
        ),
        (
            "AWS_REGION",
            words(app.region),
            "where the secrets are; needed where USE_AWS_SECRETS=true",
        ),
        (
            "DJANGO_ENV",
            "development",
            "development: a variable that is set wins over AWS; anything else: AWS wins",
        ),
        *(
            [("AWS_SECRETS_PREFIX", words(app.prefix), "before each secret's name in AWS")]
            if app.prefix
            else []
        ),
    ]
    missing = [
        f"# {comment}\n{name}={value}" for name, value, comment in switches if name not in have
    ]
    return "\n".join(["# AWS Secrets Manager", *missing, ""]) if missing else ""


def _variables(manifest: Manifest, have: Container[str]) -> str:
    lines = [
        f"{'#' if secret.optional else ''}{variable}={_placeholder(secret, field)}"
        for secret in manifest.secret
        for variable, field in secret.variables().items()
        if variable not in have
    ]
    return (
        "\n".join(["# Secrets for development (read where USE_AWS_SECRETS=false)", *lines, ""])
        if lines
        else ""
    )


def _placeholder(secret: Secret, field: str) -> str:
    if secret.kind is Kind.DATABASE:
        return {"host": "localhost", "port": "5432", "database": "app", "username": "app"}.get(
            field, PLACEHOLDER
        )
    return "" if secret.optional else PLACEHOLDER


def _production(manifest: Manifest, text: bytes) -> str:
    have = {name.decode() for name in ENTRY.findall(text)}
    new = [secret for secret in describe(manifest) if secret.name not in have]
    if not new:
        return ""
    decrypt = manifest.app.kms_key if uses_customer_key(manifest.app) else ""
    heading = HEADING.encode() not in text
    return render("env_example_production.txt.j2", secrets=new, heading=heading, decrypt=decrypt)
