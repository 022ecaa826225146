"""The app's own page on its secrets, and an entry in its list of security updates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.fixers._secrets import describe
from shield_ai.fixers._stamp import State, look, stamp
from shield_ai.fixers._template import render
from shield_ai.fixers._text import NOTHING, Outcome, append, create, replace, skip
from shield_ai.fixers.policy import policy_document
from shield_ai.model import Kind

if TYPE_CHECKING:
    from shield_ai.fixers import Read
    from shield_ai.manifest import Manifest

PAGE = "docs/AWS_SECRETS_MANAGER.md"
UPDATES = "SECURITY_UPDATES.md"
HEADING = "## AWS Secrets Manager (CSEC-34)"
WHAT = "docs"
TROUBLES = (
    (
        "`SecretNotFoundError`",
        "No source has the secret: the name, the region or the prefix is another one, or a variable is not set",
        "Compare the table above with `aws secretsmanager list-secrets`; set the variable in development",
    ),
    (
        "`SecretAccessDeniedError`",
        "The app's role may not read this secret, or may not decrypt with its KMS key",
        "Attach the policy above to the role that the app really runs as: `aws sts get-caller-identity`",
    ),
    (
        "`SecretUnavailableError`",
        "AWS can't be reached, throttles, or there are no credentials",
        "Look at the network, the VPC endpoint and the role; the app goes on with its last known values for a while",
    ),
    (
        "`SecretFormatError`",
        "The secret is a JSON document without a field of the usual names, or is no JSON where a field was asked for",
        "Give the field with `key=`, or mend the document",
    ),
    (
        "a warning that boto3 is not installed",
        "`USE_AWS_SECRETS=true`, and boto3 is missing in production",
        "Install the app's dependencies again",
    ),
    (
        "a warning that a variable serves instead of AWS",
        "AWS did not answer, and the variable is still set",
        "Mend the cause; unset the variable once AWS is trusted",
    ),
)


def fix(read: Read, manifest: Manifest) -> Outcome:
    """Write or update the page, and add the entry once."""
    if not manifest.secret:
        return NOTHING
    page, entry = _page(read, manifest), _entry(read, manifest)
    return [*page[0], *entry[0]], [*page[1], *entry[1]]


def _page(read: Read, manifest: Manifest) -> Outcome:
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
            django_key=any(secret.kind is Kind.DJANGO_SECRET_KEY for secret in manifest.secret),
        ),
    )
    if raw is None:
        return [create(PAGE, text)], []
    return NOTHING if raw.replace(b"\r\n", b"\n") == text.encode() else ([replace(PAGE, raw, text)], [])


def _entry(read: Read, manifest: Manifest) -> Outcome:
    raw = read(UPDATES)
    if raw is not None and HEADING.encode() in [line.strip() for line in raw.splitlines()]:
        return NOTHING
    text = render("SECURITY_UPDATES.md.j2", heading=HEADING, app=manifest.app, names=describe(manifest))
    return append(UPDATES, raw, text if raw is not None else f"# Security updates\n\n{text}", gap=True)
