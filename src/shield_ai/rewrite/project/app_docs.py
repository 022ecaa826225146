"""Generate the app's documentation of its secrets, and an entry in its security updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.rewrite.project.describe import describe_secrets
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, append, create_or_replace, skip
from shield_ai.rewrite.project.stamp import State, read_stamp, stamp
from shield_ai.rewrite.project.template import render

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite.project.fixer import FixContext

PAGE = "docs/AWS_SECRETS_MANAGER.md"
UPDATES = "SECURITY_UPDATES.md"
HEADING = "## AWS Secrets Manager (CSEC-34)"
WHAT = "docs"
# A part of a message of the runtime, and the solution.
TROUBLESHOOTING = (
    (
        "does not exist in AWS Secrets Manager",
        "Compare the table above with `aws secretsmanager list-secrets`: region, prefix, account",
    ),
    (
        "AWS denies access",
        "Run `aws sts get-caller-identity` to find the role, and attach the policy to it",
    ),
    ("can't be read from AWS Secrets Manager", "Check the network and the VPC endpoint"),
    (
        "falling back to the environment variable",
        "Fix why AWS did not return the secret, then unset the variable",
    ),
    ("boto3 is not installed", "Install the app's dependencies again"),
    ("has no field", "Add the field to the JSON document in AWS"),
)


def fix(context: FixContext) -> Outcome:
    """Add the entry, and write the page if shield.toml asks for it and the app has the folder."""
    changes, skipped = add_entry(context.read, context.manifest)
    has_folder = context.app.has_folder(PAGE.partition("/")[0])
    if "docs" not in context.manifest.app.generate or not has_folder:
        return changes, skipped
    page_changes, page_skipped = write_docs(context.read, context.manifest, context.engines)
    return [*changes, *page_changes], [*skipped, *page_skipped]


def write_docs(read: FileReader, manifest: Manifest, engines: Collection[str] = ()) -> Outcome:
    """Create or update the page `PAGE`.

    Args:
        read: Returns the bytes of a file of the app, None if it does not exist.
        manifest: The secrets of the app.
        engines: The Django database backends of shield that the settings use.
    """
    if not manifest.secret:
        return NOTHING
    raw = read(PAGE)
    state, _ = read_stamp(raw, WHAT)
    if state is State.EDITED:
        return skip(PAGE, SkipId.EDITED.reason())
    if state is State.FOREIGN:
        return skip(PAGE, SkipId.EXISTS.reason())
    text = render(
        "AWS_SECRETS_MANAGER.md.j2",
        app=manifest.app,
        secrets=describe_secrets(manifest),
        map="" if manifest.app.runtime == "package" else manifest.app.runtime,
        troubleshooting=TROUBLESHOOTING,
        engines=engines,
    )
    return create_or_replace(PAGE, raw, stamp(WHAT, "md", text))


def add_entry(read: FileReader, manifest: Manifest) -> Outcome:
    """Add an entry to the app's security updates once, if it has such a file."""
    raw = read(UPDATES)
    if raw is None or not manifest.secret:
        return NOTHING
    if HEADING.encode() in [line.strip() for line in raw.splitlines()]:
        return NOTHING
    secrets = describe_secrets(manifest)
    text = render("SECURITY_UPDATES.md.j2", heading=HEADING, app=manifest.app, secrets=secrets)
    return append(UPDATES, raw, text, gap=True)
