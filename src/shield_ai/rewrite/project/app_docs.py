"""The app's own page on its secrets, and an entry in its list of security updates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import policy_document
from shield_ai.model.finding import Kind
from shield_ai.rewrite.project.describe import describe
from shield_ai.rewrite.project.stamp import State, look, stamp
from shield_ai.rewrite.project.template import render
from shield_ai.rewrite.project.text import (
    NOTHING,
    Outcome,
    append,
    create,
    replace,
    skip,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite import Read

PAGE = "docs/AWS_SECRETS_MANAGER.md"
UPDATES = "SECURITY_UPDATES.md"
HEADING = "## AWS Secrets Manager (CSEC-34)"
WHAT = "docs"
# What the runtime says (a part of its own words), why, and what to do.
TROUBLES = (
    (
        "does not exist in AWS Secrets Manager",
        "The name, the region or the prefix is another one, or the secret was never created",
        "Compare the table above with `aws secretsmanager list-secrets`, in the same region and account",
    ),
    (
        "AWS denies access",
        "The app's role may not read this secret or use its KMS key, or the app has no valid credentials",
        "See with `aws sts get-caller-identity` which role the app runs as, and give that one the policy above",
    ),
    (
        "can't be read from AWS Secrets Manager",
        "AWS can't be reached, or throttles",
        "Look at the network and the VPC endpoint",
    ),
    (
        "serving the last known value",
        "As above; the app goes on with the value it has for a day (`AWS_SECRETS_MAX_STALE`, in seconds)",
        "Mend it before the day is over",
    ),
    (
        "falling back to the environment variable",
        "AWS did not give the secret, and its variable is still set",
        "Mend the cause, then unset the variable",
    ),
    (
        "boto3 is not installed",
        "`USE_AWS_SECRETS` is on, and the app's dependencies are not all installed",
        "Install them again",
    ),
    (
        "is a JSON object with none of the fields",
        "The secret is a JSON document, and the code asks for one text",
        "Say which field with `key=`, or store the text alone",
    ),
    (
        "has no field",
        "The JSON document in AWS lacks a field that the app reads",
        "Add the field; the documents are shown above",
    ),
    (
        "its expression never asked for the variable",
        "The code that reads the variable kept its value from an earlier time",
        "Read it inside the expression, or name the right variable with `env=`",
    ),
)


def fix(read: Read, manifest: Manifest, engines: Collection[str] = ()) -> Outcome:
    """Write or update the page, and add the entry once; `engines` have a backend of ours."""
    if not manifest.secret:
        return NOTHING
    page, entry = _page(read, manifest, engines), _entry(read, manifest)
    return [*page[0], *entry[0]], [*page[1], *entry[1]]


def _page(read: Read, manifest: Manifest, engines: Collection[str]) -> Outcome:
    raw = read(PAGE)
    state, _ = look(raw, WHAT)
    if state is State.EDITED:
        return skip(PAGE, "the page was edited by hand and is left as it is")
    if state is State.FOREIGN:
        return skip(PAGE, "the page is there already and was not written by shield")
    text = stamp(
        WHAT,
        "md",
        render(
            "AWS_SECRETS_MANAGER.md.j2",
            app=manifest.app,
            names=describe(manifest),
            policy=json.dumps(policy_document(manifest, "ACCOUNT"), indent=2),
            troubles=TROUBLES,
            engines=engines,
            django_key=any(secret.kind is Kind.DJANGO_SECRET_KEY for secret in manifest.secret),
        ),
    )
    if raw is None:
        return [create(PAGE, text)], []
    return (
        NOTHING
        if raw.replace(b"\r\n", b"\n") == text.encode()
        else ([replace(PAGE, raw, text)], [])
    )


def _entry(read: Read, manifest: Manifest) -> Outcome:
    raw = read(UPDATES)
    if raw is not None and HEADING.encode() in [line.strip() for line in raw.splitlines()]:
        return NOTHING
    text = render(
        "SECURITY_UPDATES.md.j2", heading=HEADING, app=manifest.app, names=describe(manifest)
    )
    return append(
        UPDATES, raw, text if raw is not None else f"# Security updates\n\n{text}", gap=True
    )
