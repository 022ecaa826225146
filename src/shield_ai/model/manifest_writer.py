"""Render shield.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.model.errors import ManifestError
from shield_ai.model.manifest import DEFAULT_REGION_NOTE, Rotation
from shield_ai.model.manifest_parser import parse_manifest
from shield_ai.model.naming import ARN_SUFFIX, MANIFEST, VALUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tomlkit.items import AoT, InlineTable

    from shield_ai.model.manifest import Manifest, Secret

LINE_LENGTH = 100  # from which formatters of TOML write each entry of an array on its own line
HEADER = (
    "Secrets that Shield AI (pip install shield-ai) moves to AWS Secrets Manager: names, never"
    " values. Commit this file."
)
# After the commented prefix of a new file.
PREFIX_NOTE = "of all names in AWS, if apps share the account: set it before apply"
# After the `ignore` of a draft.
IGNORE_NOTE = (
    "left to the deployment: injected from AWS, built by a chart, or a URL without credentials"
)
# After a region that is not the default.
FOUND_REGION_NOTE = "found in the app or in your AWS configuration: check it"
# After the first schedule of a manifest without [rotation].
SCHEDULE_NOTE = (
    "proposed: due for shield rotate --due; to rotate on schedule, add a [rotation] table"
)
# After the first `optional = false` of a draft.
REQUIRED_NOTE = "the app checks input or signs with it: it must not run with an empty default"
# After the first name to which `secret_name` adds a word.
EXPLANATION = 'ends in "{value}" because AWS can take the end of "{stem}" for the suffix of an ARN'


def render_manifest(manifest: Manifest, old: str = "") -> str:
    """Return the text of shield.toml.

    Args:
        manifest: The tables to render.
        old: The current text; empty for a new file. Secrets and ignored variables that it lacks
            are added, and everything else is preserved.

    Raises:
        ManifestError: The current text is invalid, or no secret can be appended to it.
    """
    if not old:
        return _render_new(manifest)
    current = parse_manifest(old)
    ignore = [name for name in manifest.app.ignore if name not in current.app.ignore]
    if ignore:
        old = _with_ignored(old, ignore)
    names = {secret.name for secret in current.secret}
    missing = [secret for secret in manifest.secret if secret.name not in names]
    if not missing:
        return old
    text = old + _addition(missing, manifest, old)
    try:
        parse_manifest(text)
    except ManifestError:  # TOML does not allow tables after an inline array
        raise ManifestError(
            f"{MANIFEST}: no secret can be appended to an inline array",
            "write each secret as a [[secret]] table",
        ) from None
    return text


def _addition(secrets: Iterable[Secret], manifest: Manifest, old: str) -> str:
    """Return the text that adds secrets to a file, with the line endings of the file."""
    import tomlkit

    document = tomlkit.document()
    document.add("secret", _secret_tables(secrets, manifest))
    text = _blank_line_after(old) + tomlkit.dumps(document).strip("\n") + "\n"
    return text.replace("\n", "\r\n") if "\r\n" in old else text


def _with_ignored(text: str, names: Iterable[str]) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    app = document["app"]
    if not isinstance(app, tomlkit.items.Table):
        return text
    if "ignore" in app:
        app["ignore"].extend(names)
    else:
        app.append("ignore", list(names))
        app["ignore"].comment(IGNORE_NOTE)
    return tomlkit.dumps(document)


def _blank_line_after(text: str) -> str:
    """Return the newlines that separate a text from what is appended by a blank line."""
    end = text.replace("\r\n", "\n")
    if end.endswith("\n\n"):
        return ""
    return "\n" if end.endswith("\n") else "\n\n"


def _render_new(manifest: Manifest) -> str:
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(HEADER))
    app = tomlkit.table()
    for key, value in msgspec.to_builtins(manifest.app).items():
        item = tomlkit.item(value)
        if isinstance(item, tomlkit.items.Array):
            item.multiline(len(f"{key} = {item.as_string()}") > LINE_LENGTH)
        app.add(key, item)
    if "region" in app:
        app["region"].comment(FOUND_REGION_NOTE)
    else:
        app.add(tomlkit.comment(f'region = "{manifest.app.region}" # {DEFAULT_REGION_NOTE}'))
    if not manifest.app.prefix and not manifest.environments:
        app.add(tomlkit.comment(f'prefix = "{manifest.app.name}/" # {PREFIX_NOTE}'))
    if "ignore" in app:
        app["ignore"].comment(IGNORE_NOTE)
    document.add("app", app)
    if manifest.secret:
        document.add("secret", _secret_tables(manifest.secret, manifest))
    return tomlkit.dumps(document)


def _secret_tables(secrets: Iterable[Secret], manifest: Manifest) -> AoT:
    """Return the tables of secrets.

    Args:
        secrets: The secrets.
        manifest: The manifest that they belong to.
    """
    import tomlkit

    tables = tomlkit.aot()
    added: set[str] = set() if manifest.rotation is None else {"rotate"}
    for secret in secrets:
        table = tomlkit.table()
        notes = {key: note for key, note in _notes(secret) if key not in added}
        added.update(notes)
        for key, value in msgspec.to_builtins(secret).items():
            item = _inline_table(value) if isinstance(value, dict) else tomlkit.item(value)
            if key in notes:
                item.comment(notes[key])
            table.add(key, item)
        tables.append(table)
    return tables


def _inline_table(values: dict[str, Any]) -> InlineTable:
    """Return an inline table with spaces inside its braces, as formatters of TOML write it."""
    import tomlkit

    items = {key: tomlkit.item(value) for key, value in values.items()}
    if items:
        [first, *_] = items.values()
        [*_, last] = items.values()
        first.trivia.indent = last.trivia.trail = " "
    table = tomlkit.inline_table()
    for key, item in items.items():
        table.append(key, item)
    return table


def _notes(secret: Secret) -> Iterator[tuple[str, str]]:
    """Yield the keys of a secret that need a comment, each with its comment."""
    stem = secret.name.removesuffix(VALUE)
    if stem != secret.name and ARN_SUFFIX.search(stem):
        yield "name", EXPLANATION.format(stem=stem, value=VALUE)
    if secret.optional is False:
        yield "optional", REQUIRED_NOTE
    if isinstance(secret.rotate, Rotation) and secret.rotate.every:
        yield "rotate", SCHEDULE_NOTE
