"""Import the findings of other scanners from SARIF, as secrets for shield.toml.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import ast
import codecs
import contextlib
from bisect import bisect_left, bisect_right
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec

from shield_ai.model.errors import ShieldError, SourceError
from shield_ai.model.invalid_input import INVALID_JSON
from shield_ai.model.manifest import ENV_VAR_NAME, Secret
from shield_ai.model.naming import guess_kind, secret_name
from shield_ai.model.skip import SkipId, Skipped, SkipReason
from shield_ai.project.python_source import Source
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding


SARIF_VERSION = "2.1.0"
GIVE_SARIF = "give a SARIF file written by a scanner"
READER_FUNCTIONS = frozenset({"getenv", "get", "config"})


class Location(NamedTuple):
    """A finding of another scanner."""

    path: str  # with forward slashes; `relative_to_app` makes it relative
    line: int  # from 1
    rule: str


def read_locations(file: Path) -> list[Location]:
    """Return the locations in a SARIF file, without duplicates.

    Raises:
        ShieldError: The file cannot be read or is not SARIF 2.1.0.
    """
    try:
        log = msgspec.json.decode(read_regular_file(file).removeprefix(codecs.BOM_UTF8))
    except OSError as error:
        raise SourceError(f"{file} can't be read: {error.strerror}", GIVE_SARIF) from None
    except INVALID_JSON as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise ShieldError(f"{file} is not valid JSON: {reason}", GIVE_SARIF) from None
    if _get(log, "version") != SARIF_VERSION or not isinstance(_get(log, "runs"), list):
        raise ShieldError(
            f"{file} is not a SARIF {SARIF_VERSION} file",
            "set the scanner's output format, as in --report-format sarif",
        )
    return list(dict.fromkeys(_parse_runs(log["runs"])))


def _parse_runs(runs: list[Any]) -> Iterator[Location]:
    for run in runs:
        for result in _get_list(run, "results"):
            for location in _get_list(result, "locations"):
                uri = _get(location, "physicalLocation", "artifactLocation", "uri")
                line = _get(location, "physicalLocation", "region", "startLine")
                if isinstance(uri, str) and isinstance(line, int):
                    yield Location(_uri_path(uri), line, str(_get(result, "ruleId") or ""))


def _uri_path(uri: str) -> str:
    """Return the path of a URI; the URI itself if it is invalid."""
    with contextlib.suppress(ValueError):
        return unquote(urlsplit(uri.replace("\\", "/")).path).removeprefix("./")
    return uri


def relative_to_app(locations: Iterable[Location], root: Path) -> list[Location]:
    """Make the paths of locations relative to the app.

    The scanner may have run in a folder above the app, such as the root of the repository.

    Args:
        locations: Locations with paths that are absolute, as of the URI `file:///app/a.py`, or
            relative to the folder in which the scanner ran.
        root: The app's folder.
    """
    root = root.resolve()
    result = []
    for location in locations:
        path = location.path
        if path.startswith("/") or not _exists(root / path):
            path = _strip_root(path, root)
        result.append(location._replace(path=path))
    return result


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # the name is too long, or contains a NUL character
        return False


def _strip_root(path: str, root: Path) -> str:
    """Remove the last folders of the root's path from the beginning of a path."""
    parts = PurePosixPath(path).parts
    for size in range(1, len(parts)):
        if parts[:size] == root.parts[-size:]:
            return "/".join(parts[size:])
    return path


def _get(value: Any, *keys: str) -> Any:
    """Return a nested value; None if it is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _get_list(value: Any, key: str) -> list[Any]:
    items = _get(value, key)
    return items if isinstance(items, list) else []


def import_secrets(
    locations: Iterable[Location], read: FileReader, findings: Iterable[Finding] = ()
) -> tuple[list[Secret], list[Skipped]]:
    """Create a secret for each location that reads a variable or assigns a constant to one.

    Args:
        locations: The findings of another scanner.
        read: Returns the bytes of a file; None if it cannot be read.
        findings: The findings of shield; those with a fix are not imported again.

    Returns:
        The secrets, and the skipped locations with the reasons. Locations that shield can fix are
        in neither.
    """
    fixable_lines: set[tuple[str, int]] = set()
    for finding in findings:
        if finding.fixable:
            lines = range(finding.line, finding.end_line + 1)
            fixable_lines.update((finding.path, line) for line in lines)
    secrets: dict[str, Secret] = {}
    skipped: list[Skipped] = []
    by_path: dict[str, list[Location]] = {}
    for location in locations:
        if (location.path, location.line) not in fixable_lines:
            by_path.setdefault(location.path, []).append(location)
    for path, group in by_path.items():
        variables, reason = _variables_or_reason(path, group, read)
        for location in group:
            variable = variables.get(location.line)
            if variable is None:
                skipped.append(_skip(location, reason))
                continue
            secrets[variable] = Secret(
                name=secret_name(variable), kind=guess_kind(variable), env=variable
            )
    return list(secrets.values()), skipped


def _variables_or_reason(
    path: str, locations: Sequence[Location], read: FileReader
) -> tuple[dict[int, str], SkipReason]:
    """Return the variables by line, and the reason for the lines without one."""
    try:
        variables = _find_variables(path, {location.line for location in locations}, read)
    except SourceError as error:
        return {}, SkipId.INVALID_SOURCE.reason(problem=error.message)
    except RecursionError:
        return {}, SkipId.TOO_DEEP.reason()
    return variables, SkipId.NO_VARIABLE.reason()


def _skip(location: Location, reason: SkipReason) -> Skipped:
    return reason.entry(location.path, location.line, location.rule)


def _find_variables(path: str, lines: set[int], read: FileReader) -> dict[int, str]:
    """Map lines of a file to the variable that each reads or assigns, if there is one.

    Raises:
        SourceError: The file is missing, or not valid Python.
        RecursionError: It is nested too deeply.
    """
    if not path.endswith(".py"):
        raise SourceError(
            "not a Python file: remove the value, read it with get_secret(), and rotate it"
        )
    raw = read(path)
    if raw is None:
        raise SourceError("the app has no such file")
    wanted = sorted(lines)
    found: dict[int, str] = {}
    for node in ast.walk(Source.from_bytes(path, raw).tree):  # inner nodes come after outer ones
        first = getattr(node, "lineno", None)
        if first is None:
            continue
        last = getattr(node, "end_lineno", 0) or 0
        covered = wanted[bisect_left(wanted, first) : bisect_right(wanted, last)]
        if not covered:
            continue
        name = _read_variable(node) or _assigned_variable(node)
        if name:
            found.update(dict.fromkeys(covered, name))
    return found


def _read_variable(node: ast.AST) -> str:
    """Return the environment variable that a call or an index reads; empty if not found."""
    argument: ast.expr | None = None
    if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("environ"):
        argument = node.slice
    elif isinstance(node, ast.Call) and node.args:
        if ast.unparse(node.func).split(".")[-1] in READER_FUNCTIONS:
            argument = node.args[0]
    if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
        return ""
    name = argument.value
    return name if name.isupper() and ENV_VAR_NAME.fullmatch(name) else ""


def _assigned_variable(node: ast.AST) -> str:
    """Return the name, in upper case, that a constant is assigned to; empty if not found."""
    target: ast.expr | None = None
    if isinstance(node, ast.Assign):
        target = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    else:
        return ""
    if not isinstance(node.value, ast.Constant) or not isinstance(target, ast.Name):
        return ""
    name = target.id.upper()
    return name if ENV_VAR_NAME.fullmatch(name) else ""
