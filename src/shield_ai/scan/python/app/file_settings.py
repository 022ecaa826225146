"""Find the settings that contain paths by the code that opens the files.

    with open(settings.JWT_PRIVATE_KEY) as file: ...

Such a setting is not a secret, although its name sounds like one. It has no other use in the app:
code that accepts a path or a key also uses the value itself.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.site import READ_SHAPES, Shape
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.python.classify.path_uses import path_expressions
from shield_ai.scan.python.readers.ast_walk import descend, name_of
from shield_ai.scan.text.pattern_search import find_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding
    from shield_ai.model.site import FoundSite, Site
    from shield_ai.model.skip import SkipReason

# The call that uses a setting as a path, in any file.
OPENED = regex(
    rb"(?:\bopen|\b(?:Pure)?Path|path\.\w{1,20}|_(?:file|filename|path)|load_cert_chain)\(\s{0,40}"
    rb"|(?:file|path|filename|ssl_?key)[\"']?\s?[=:]\s{0,40}"
    rb"|=\s?(?:\w{1,40}\.){0,3}settings\."
)
WORD = regex(rb"[A-Za-z_][A-Za-z0-9_]*")
SETTING_NAME = regex(r"[A-Z][A-Z0-9_]{2,80}")


def find_file_settings(
    sites: Iterable[FoundSite], paths: Collection[str], read: FileReader
) -> dict[str, SkipReason]:
    """Map the variables of settings that contain paths to the reason to skip them.

    Args:
        sites: All sites of the app.
        paths: The Python files of the app.
        read: Returns the bytes of a file; None if it can't be read.
    """
    settings = _settings(sites)
    if not settings:
        return {}
    names = [name.encode() for name in settings]
    contents = {}
    for path in sorted(paths):
        raw = read(path) or b""
        if any(name in raw for name in names):
            contents[path] = raw
    opened = _words(b"\n".join(_opened_names(contents.values())))
    reason = SkipId.HARMLESS_PATH.reason()
    as_paths = _path_names(settings.keys() & opened, contents)
    return {settings[name]: reason for name in sorted(as_paths)}


def _words(raw: bytes) -> set[str]:
    return {word.decode() for word in WORD.findall(raw)}


def _settings(sites: Iterable[FoundSite]) -> dict[str, str]:
    """Map the settings that get the unchanged value of a secret to its variable."""
    settings: dict[str, str] = {}
    changed: set[str] = set()
    for finding, site in sites:
        if site.shape not in READ_SHAPES:
            continue
        if not _is_whole_setting(finding, site):
            changed.add(site.variable)
        elif meaning(site.variable) is Meaning.SECRET:
            settings[finding.name] = site.variable
    return {name: variable for name, variable in settings.items() if variable not in changed}


def _is_whole_setting(finding: Finding, site: Site) -> bool:
    """Return whether a setting or a field gets the value of a variable itself."""
    if site.shape is Shape.FIELD:
        return finding.name.isidentifier()
    return site.is_assigned_directly and bool(SETTING_NAME.fullmatch(finding.name))


def _opened_names(contents: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the text after each call that uses a path."""
    for raw in contents:
        for match in find_all(OPENED, raw):
            yield raw[match.end() : match.end() + 120]


def _path_names(names: Collection[str], contents: Mapping[str, bytes]) -> set[str]:
    """Return the settings that all files use as a path, at least once."""
    as_paths: set[str] = set()
    others: set[str] = set()
    for path, raw in contents.items():
        present = {name for name in names if name.encode() in raw}
        present = _words(raw).intersection(present) if present else present
        if not present:
            continue
        try:
            tree = Source.from_bytes(path, raw).tree
            expressions = path_expressions(tree)
            conditions = set(_conditions(tree))
            for name, node in _uses(tree, present):
                if node not in conditions:
                    (as_paths if node in expressions else others).add(name)
        except (SourceError, RecursionError):
            others |= present
    return as_paths - others


def _uses(tree: ast.Module, names: Collection[str]) -> Iterator[tuple[str, ast.AST]]:
    """Yield each use of a setting: a name, an attribute, `getattr()` or `config[...]`.

    A name in lower case, as that of a pydantic field, only counts as an attribute.
    """
    for node in descend(tree):
        name = _name_of_use(node)
        if name and name in names and (name.isupper() or not isinstance(node, ast.Name)):
            yield name, node


def _name_of_use(node: ast.AST) -> str | None:
    """Return the name of the setting that a node can be; None for other nodes."""
    if isinstance(node, ast.alias):
        return node.name if node.asname else None  # used by its other name
    if isinstance(node, ast.Call):
        return literal_text(node.args[1]) if _calls_getattr(node) else None
    if not isinstance(getattr(node, "ctx", None), ast.Load):
        return None
    if isinstance(node, ast.Subscript):
        return literal_text(node.slice) if name_of(node.value).endswith("config") else None
    return name_of(node) or None


def _calls_getattr(node: ast.Call) -> bool:
    is_getattr = isinstance(node.func, ast.Name) and node.func.id == "getattr"
    return is_getattr and len(node.args) > 1


def _conditions(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the operands of the conditions, such as `x` in `if x and not y:`."""
    for node in descend(tree):
        if isinstance(node, (ast.If, ast.IfExp)):
            pending: list[ast.expr] = [node.test]
            while pending:
                part = pending.pop()
                if isinstance(part, ast.BoolOp):
                    pending += part.values
                elif isinstance(part, ast.UnaryOp):
                    pending.append(part.operand)
                elif isinstance(part, ast.Compare):
                    pending.append(part.left)
                else:
                    yield part
