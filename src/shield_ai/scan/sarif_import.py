"""Findings of other scanners, by SARIF: which variable of the app each is about.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import ast
import codecs
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec

from shield_ai.model.edit import Skipped
from shield_ai.model.errors import ShieldError, SourceError
from shield_ai.model.manifest import Secret
from shield_ai.model.naming import guess_kind, secret_name
from shield_ai.project.python_source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from shield_ai.model.finding import Finding

    Read = Callable[[str], bytes | None]


class Place(NamedTuple):
    """Where another scanner found something. Lines count from 1."""

    path: str  # relative, with slashes
    line: int
    rule: str


def places(file: Path) -> list[Place]:
    """Return the places of a SARIF file, each once.

    Raises:
        ShieldError: It can't be read, or is no SARIF 2.1.0.
    """
    try:
        log = msgspec.json.decode(file.read_bytes().removeprefix(codecs.BOM_UTF8))
    except OSError as error:
        raise SourceError(
            f"{file} can't be read: {error.strerror}", "name the SARIF file of a scanner"
        ) from None
    except RecursionError:
        raise ShieldError(
            f"{file} is nested too deeply", "name the SARIF file of a scanner"
        ) from None
    except msgspec.DecodeError as error:
        raise ShieldError(
            f"{file} is no JSON: {error}", "name the SARIF file of a scanner"
        ) from None
    if (
        not isinstance(log, dict)
        or log.get("version") != "2.1.0"
        or not isinstance(log.get("runs"), list)
    ):
        raise ShieldError(
            f"{file} is no SARIF 2.1.0", "ask the scanner for that format, as --report-format sarif"
        )
    return list(dict.fromkeys(_places(log["runs"])))


def _places(runs: list[Any]) -> Iterator[Place]:
    for result in (result for run in runs for result in _list(_get(run, "results"))):
        for location in _list(_get(result, "locations")):
            uri = _get(location, "physicalLocation", "artifactLocation", "uri")
            line = _get(location, "physicalLocation", "region", "startLine")
            if isinstance(uri, str) and isinstance(line, int):
                path = unquote(urlsplit(uri.replace("\\", "/")).path).removeprefix("./")
                yield Place(path, line, str(_get(result, "ruleId") or ""))


def below(found: Iterable[Place], root: Path) -> list[Place]:
    """Name files as the app does: the other scanner may have run further up, as at the top of the repository.

    Args:
        found: Its places.
        root: The app's folder.
    """
    top = root.resolve()
    return [
        place if (top / place.path).exists() else place._replace(path=_below(place.path, top))
        for place in found
    ]


def _below(path: str, top: Path) -> str:
    parts = PurePosixPath(path).parts
    cut = next((n for n in range(1, len(parts)) if parts[:n] == top.parts[-n:]), 0)
    return "/".join(parts[cut:]) if cut else path


def _get(thing: Any, *keys: str) -> Any:
    """Go down as far as there is something."""
    for key in keys:
        thing = thing.get(key) if isinstance(thing, dict) else None
    return thing


def _list(thing: Any) -> list[Any]:
    return thing if isinstance(thing, list) else []


def secrets(
    found: Iterable[Place], read: Read, known: Iterable[Finding] = ()
) -> tuple[list[Secret], list[Skipped]]:
    """Name a secret for each place that gives a variable its value or reads one; say why others are left.

    Args:
        found: By another scanner.
        read: Gives a file's bytes.
        known: Our own findings: what is moved because of one of them is not named twice.
    """
    moved = {(f.path, line) for f in known if f.fixable for line in range(f.line, f.end_line + 1)}
    named: dict[str, Secret] = {}
    left: list[Skipped] = []
    for place in found:
        if (place.path, place.line) in moved:
            continue
        variable = _variable(place, read)
        if isinstance(variable, Skipped):
            left.append(variable)
        else:
            named[variable] = Secret(name=secret_name(variable), kind=guess_kind(variable), env=variable)
    return list(named.values()), left


def _variable(place: Place, read: Read) -> str | Skipped:
    def skip(reason: str) -> Skipped:
        return Skipped(path=place.path, line=place.line, name=place.rule, reason=reason)

    if not place.path.endswith(".py"):
        return skip("no Python: take the value out, read it with get_secret(), and rotate it")
    try:
        raw = read(place.path)
        source = Source.from_bytes(place.path, raw) if raw is not None else None
        tree = source.tree if source else None
    except SourceError as error:
        return skip(error.message)
    if tree is None:
        return skip("there is no such file in the app")
    here = [node for node in ast.walk(tree) if _covers(node, place.line)]
    name = next(
        (name for node in reversed(here) if (name := _read_by(node) or _assigned_by(node))), ""
    )
    return name or skip("no variable is read or given a value there")


def _covers(node: ast.AST, line: int) -> bool:
    return getattr(node, "lineno", line + 1) <= line <= (getattr(node, "end_lineno", 0) or 0)


def _read_by(node: ast.AST) -> str:
    """Return the variable that a call or an index with a constant name reads."""
    if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("environ"):
        argument: ast.expr = node.slice
    elif (
        isinstance(node, ast.Call)
        and node.args
        and ast.unparse(node.func).split(".")[-1] in {"getenv", "get", "config"}
    ):
        argument = node.args[0]
    else:
        return ""
    text = argument.value if isinstance(argument, ast.Constant) else None
    return text if isinstance(text, str) and text.isupper() and text.isidentifier() else ""


def _assigned_by(node: ast.AST) -> str:
    """Return the name, as a variable, that an assignment gives a constant."""
    if (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.targets[0], ast.Name)
    ):
        return node.targets[0].id.upper()
    if (
        isinstance(node, ast.AnnAssign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.target, ast.Name)
    ):
        return node.target.id.upper()
    return ""
