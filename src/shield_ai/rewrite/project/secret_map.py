"""Write the map file of an app, which maps its secrets to environment variables.

Users can edit the file. In an edited file, only the entries that differ from shield.toml are
changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit
from shield_ai.project.python_source import apply_edits, file_change
from shield_ai.project.runtime_names import COPY
from shield_ai.project.secret_map import MapCall, SecretMap, find_map_call, parse_map
from shield_ai.rewrite.project.text import NOTHING, Outcome, create_or_replace, single_line, skip
from shield_ai.rewrite.python.formatting import indentation, make_edit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from shield_ai.model.manifest import Manifest

    Entry: TypeAlias = str | dict[str, str]

WIDTH = 88  # of Black and ruff
STEP = "    "
TEMPLATE = '''\
"""The secrets of {app} and the environment variables behind them.

`shield apply` keeps the mapping in step with shield.toml.
"""

from {package} import SecretsManagerClient

client = SecretsManagerClient(
{arguments}
)
get_secret = client.get_secret
get_secret_dict = client.get_secret_dict
has_secret = client.has_secret
clear_secret_cache = client.clear_cache
prefetch = client.prefetch
'''
UNKNOWN = (
    "the mapping in it can't be read; pass SecretsManagerClient() a dict of literals, "
    "or delete the file to generate it again"
)
COMMENTED = "the mapping in it has comments; put each entry and its comma on a separate line"


def expected_map(manifest: Manifest) -> SecretMap:
    """Return the mapping that corresponds to shield.toml."""
    secrets: dict[str, Entry] = {}
    for secret in manifest.secret:
        if secret.fields:
            secrets[secret.name] = dict(secret.fields)
        elif secret.env:
            secrets[secret.name] = secret.env
    optional = [secret.name for secret in manifest.secret if secret.optional]
    return SecretMap(secrets, tuple(name for name in optional if name in secrets))


def matches(raw: bytes | None, manifest: Manifest) -> bool:
    """Return whether a map file has the mapping of shield.toml, in any order."""
    found = parse_map(raw)
    return found is not None and _is_same(found, expected_map(manifest))


def _is_same(first: SecretMap, second: SecretMap) -> bool:
    return first.secrets == second.secrets and set(first.optional) == set(second.optional)


def write_map(path: str, raw: bytes | None, manifest: Manifest, *, in_package: bool) -> Outcome:
    """Create the map file, or update its mapping.

    Args:
        path: Path of the file.
        raw: Its bytes, None if it does not exist or is to be replaced.
        manifest: The secrets.
        in_package: Whether its folder is a package.
    """
    wanted = expected_map(manifest)
    text = map_text(manifest.app.name, wanted, in_package=in_package)
    if raw is None:
        return create_or_replace(path, None, text)
    found = find_map_call(raw)
    if found is None:
        return skip(path, UNKNOWN)
    if _is_same(found.content, wanted):
        return NOTHING
    if _entries(found) is None and "#" in found.source.segment(found.mapping):
        return skip(path, COMMENTED)
    if _is_unedited(raw, manifest.app.name, found.content, in_package=in_package):
        return create_or_replace(path, raw, text)
    edits = [
        Edit(path=path, start=edit.start, end=edit.end, replacement=edit.replacement)
        for edit in [*_mapping_edits(found, wanted), *_optional_edits(found, wanted)]
    ]
    if not matches(apply_edits(raw, edits, found.source.encoding), manifest):
        return skip(path, UNKNOWN)
    return [file_change(path, raw, edits, found.source.encoding)], []


def _is_unedited(raw: bytes, app: str, content: SecretMap, *, in_package: bool) -> bool:
    text = map_text(app, content, in_package=in_package)
    return raw.replace(b"\r\n", b"\n") == text.encode()


def map_text(app: str, content: SecretMap, *, in_package: bool) -> str:
    """Return the text of a map file.

    Args:
        app: Name of the app.
        content: The mapping.
        in_package: Whether the folder of the file is a package.
    """
    arguments = [f"{STEP}{_dict_text(content.secrets, STEP)},"]
    if content.optional:
        arguments.append(f"{STEP}optional={_list_text(content.optional, STEP, len('optional='))},")
    return TEMPLATE.format(
        app=single_line(app).replace("\\", "/").replace('"', "'"),
        package=f".{COPY}" if in_package else COPY,
        arguments="\n".join(arguments),
    )


def _dict_text(secrets: dict[str, Entry], indent: str) -> str:
    """Return the mapping with one entry per line, in the format of Black."""
    if not secrets:
        return "{}"
    inner = indent + STEP
    lines = [f"{inner}{_quoted(name)}: {_value(name, secrets[name], inner)}," for name in secrets]
    return "\n".join(["{", *lines, f"{indent}}}"])


def _value(name: str, entry: Entry, indent: str) -> str:
    """Return the value of an entry: a variable, or a dict on one line if it fits."""
    if isinstance(entry, str):
        return _quoted(entry)
    pairs = [f"{_quoted(field)}: {_quoted(variable)}" for field, variable in entry.items()]
    line = "{" + ", ".join(pairs) + "}"
    if len(f"{indent}{_quoted(name)}: {line},") <= WIDTH:
        return line
    return "\n".join(["{", *(f"{indent}{STEP}{pair}," for pair in pairs), f"{indent}}}"])


def _list_text(names: tuple[str, ...], indent: str, column: int) -> str:
    line = f"[{', '.join(map(_quoted, names))}]"
    if len(indent) + column + len(line) + 1 <= WIDTH:
        return line
    return "\n".join(["[", *(f"{indent}{STEP}{_quoted(name)}," for name in names), f"{indent}]"])


def _quoted(text: str) -> str:
    """Return a string literal. shield.toml allows neither quotes nor backslashes in names."""
    return f'"{text}"'


def _mapping_edits(found: MapCall, wanted: SecretMap) -> Iterator[Edit]:
    """Change the entries that differ, or the whole dict unless it has one entry per line."""
    source = found.source
    if found.content.secrets == wanted.secrets:
        return
    entries = _entries(found)
    if entries is None:
        start, end = source.span(found.mapping)
        indent = _indent_of(found, found.mapping.lineno)
        yield make_edit(source, start, end, _dict_text(wanted.secrets, indent))
        return
    end = 0
    for name, (start, end) in entries.items():
        if name not in wanted.secrets:
            yield make_edit(source, start, end, "")
        elif found.content.secrets[name] != wanted.secrets[name]:
            yield _value_edit(found, name, wanted.secrets[name])
    indent = _indent_of(found, found.mapping.keys[0].lineno) if found.mapping.keys[0] else ""
    lines = [
        f"{indent}{_quoted(name)}: {_value(name, entry, indent)},\n"
        for name, entry in wanted.secrets.items()
        if name not in entries
    ]
    if lines:
        yield make_edit(source, end, end, "".join(lines))


def _value_edit(found: MapCall, name: str, entry: Entry) -> Edit:
    position = list(found.content.secrets).index(name)
    value = found.mapping.values[position]
    start, end = found.source.span(value)
    return make_edit(found.source, start, end, _value(name, entry, _indent_of(found, value.lineno)))


def _entries(found: MapCall) -> dict[str, tuple[int, int]] | None:
    """Return the offsets of each entry's lines; None unless each entry is on separate lines."""
    source = found.source
    entries: dict[str, tuple[int, int]] = {}
    previous = found.mapping.lineno
    for key, value in zip(found.mapping.keys, found.mapping.values, strict=True):
        last = value.end_lineno or value.lineno
        after = source.raw[source.span(value)[1] : source.offset(last + 1, 0)]
        if key is None or key.lineno <= previous or not after.startswith(b","):
            return None
        previous = last
        name = str(getattr(key, "value", ""))
        entries[name] = source.offset(key.lineno, 0), source.offset(last + 1, 0)
    is_closed_below = (found.mapping.end_lineno or 0) > previous
    return entries if entries and is_closed_below else None


def _indent_of(found: MapCall, line: int) -> str:
    return indentation(found.source.lines[line - 1][1].decode(found.source.encoding))[0]


def _optional_edits(found: MapCall, wanted: SecretMap) -> Iterator[Edit]:
    """Set, add or remove the argument `optional`."""
    if set(found.content.optional) == set(wanted.optional):
        return
    source = found.source
    after_mapping = source.span(found.mapping)[1]
    indent = _indent_of(found, found.mapping.end_lineno or found.mapping.lineno)
    text = _list_text(wanted.optional, indent, len("optional="))
    if found.optional is None:
        on_its_line = found.mapping.lineno == found.call.lineno
        gap = " " if on_its_line else f"\n{indent}"
        yield make_edit(source, after_mapping, after_mapping, f",{gap}optional={text}")
    elif wanted.optional:
        yield make_edit(source, *source.span(found.optional), text)
    else:
        yield make_edit(source, after_mapping, source.span(found.optional)[1], "")
