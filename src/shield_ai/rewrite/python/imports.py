"""The line that imports `get_secret`: under which name, and where."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.edit import Edit
from shield_ai.model.finding import Shape

if TYPE_CHECKING:
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.wrap_text import Wrap

ALIASES = ("get_secret", "aws_get_secret", "shield_get_secret")
# What a comment at the top of a file says that is not about the statement below it.
ABOUT = re.compile(
    rb"^#!|coding[:=]|-\*-|(?i:copyright|licen[cs]e|spdx|pylint|flake8|noqa|mypy|ruff|isort|author|generated|settings)"
)
LINE = re.compile(r"from (?P<module>[\w.]+) import get_secret(?: as (?P<alias>\w+))?")


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """How a file calls the runtime's functions, and which of them it imports already."""

    module: str
    get: str = "get_secret"
    has: str = "has_secret"
    imported: frozenset[str] = frozenset()
    pydantic: str = "shield_ai.pydantic"  # the module of the settings source
    source: bool = False  # it is imported already


def accessor_names(source: Source, accessor_import: str) -> Names:
    """Choose names that mean nothing else in this file."""
    found = LINE.fullmatch(accessor_import.strip())
    module = found["module"] if found else "shield_ai"
    alias = found["alias"] if found else None
    ours = {
        a.name: a.asname or a.name
        for n in _top(source)
        if n.module == module and not n.level
        for a in n.names
    }
    bound = _bound(source.tree, module) if "get_secret" in source.text else set()
    chosen = alias or next((n for n in ALIASES if n not in bound), ALIASES[-1])
    prefix = chosen.removesuffix("get_secret")
    return Names(
        module=module,
        get=ours.get("get_secret", f"{prefix}get_secret"),
        has=ours.get("has_secret", f"{prefix}has_secret"),
        imported=frozenset(ours) & {"get_secret", "has_secret"},
        pydantic=pydantic_module(module),
        source=any(node.module == pydantic_module(module) for node in _top(source)),
    )


def pydantic_module(module: str) -> str:
    """Return the module of the settings source beside that of the runtime."""
    return f"{module}.pydantic" if module == "shield_ai" else f"{module}_pydantic"


def _top(source: Source) -> list[ast.ImportFrom]:
    return [node for node in source.tree.body if isinstance(node, ast.ImportFrom)]


def _bound(tree: ast.Module, module: str) -> set[str]:
    """Return the names that a file binds anywhere, by whatever means, our own import aside."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Import) or (
            isinstance(node, ast.ImportFrom) and (node.level or node.module != module)
        ):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def import_edit(source: Source, wraps: list[Wrap], names: Names) -> list[Edit]:
    """Import what the wraps call and the file lacks, where its neighbours are."""
    shapes = {wrap.site.shape for wrap in wraps}
    wanted = {"has_secret"} if Shape.PRESENCE in shapes else set()
    wanted = (
        wanted | ({"get_secret"} if shapes - {Shape.PRESENCE, Shape.FIELD} else set())
    ) - names.imported
    lines = []
    called = {"get_secret": names.get, "has_secret": names.has}
    parts = [
        name if called[name] == name else f"{name} as {called[name]}" for name in sorted(wanted)
    ]
    lines += [f"from {names.module} import {', '.join(parts)}"] if parts else []
    if Shape.FIELD in shapes and not names.source:
        lines += [f"from {names.pydantic} import SecretsManagerSource"]
    if not lines:
        return []
    offset, before, after = _place(source, min(wrap.site.start for wrap in wraps), names.module)
    text = "{}{}{}".format(before, "\n".join(sorted(lines)), after).replace("\n", source.newline)
    return [Edit(path=source.path, start=offset, end=offset, replacement=text)]


def _place(source: Source, first_use: int, module: str) -> tuple[int, str, str]:
    """Return where the line goes, and what stands before and after it."""
    body = source.tree.body
    block: list[ast.Import | ast.ImportFrom] = []
    for i, node in enumerate(body):
        if source.offset(node.lineno, node.col_offset) > first_use:
            break
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if _alone(node, body[i + 1] if i + 1 < len(body) else None):
                block.append(node)
        elif not (i == 0 and _is_docstring(node)) and block and not _only_future(block):
            break
    if block and not _only_future(block):
        return _among(source, block, module)
    return _on_top(source, body, bool(block))


def _among(
    source: Source, block: list[ast.Import | ast.ImportFrom], module: str
) -> tuple[int, str, str]:
    """Put the line into an import block: beside the app's own, else before relative imports, else at the end."""
    top = module.partition(".")[0]
    own = [
        n
        for n in block
        if isinstance(n, ast.ImportFrom) and not n.level and (n.module or "").split(".")[0] == top
    ]
    if own:
        line = f"{module}"
        after = next((n for n in reversed(own) if (n.module or "") <= line), None)
        if after is not None:
            return _end(source, after), *_ended(source, after, "", "\n")
        return source.offset(own[0].lineno, 0), "", "\n"
    relative = [n for n in block if isinstance(n, ast.ImportFrom) and n.level]
    if relative and relative == block[-len(relative) :]:
        start = source.offset(relative[0].lineno, 0)
        apart = (
            len(block) == len(relative)
            or relative[0].lineno - (block[-len(relative) - 1].end_lineno or 0) > 1
        )
        return start, "" if apart else "\n", "\n\n"
    last = block[-1]
    return _end(source, last), *_ended(
        source, last, "\n" if _first_party_apart(block, top) else "", "\n"
    )


def _first_party_apart(block: list[ast.Import | ast.ImportFrom], top: str) -> bool:
    """Whether the last import is of another origin, so that an empty line goes between."""
    last = block[-1]
    name = last.names[0].name if isinstance(last, ast.Import) else (last.module or "")
    return name.split(".")[0] != top


def _ended(source: Source, node: ast.stmt, before: str, after: str) -> tuple[str, str]:
    """Add the newline that the file's last line may lack."""
    _, raw = source.lines[(node.end_lineno or node.lineno) - 1]
    return (before if raw.endswith((b"\n", b"\r")) else "\n" + before), after


def _end(source: Source, node: ast.stmt) -> int:
    start, raw = source.lines[(node.end_lineno or node.lineno) - 1]
    return start + len(raw)


def _alone(node: ast.stmt, following: ast.stmt | None) -> bool:
    """Whether nothing else begins on the line on which an import ends."""
    return following is None or following.lineno > (node.end_lineno or node.lineno)


def _only_future(block: list[ast.Import | ast.ImportFrom]) -> bool:
    return all(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in block)


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


# one caller
def _on_top(source: Source, body: list[ast.stmt], future: bool) -> tuple[int, str, str]:  # noqa: FBT001
    """Put the line before the first statement that is neither docstring nor __future__ import."""
    for i, node in enumerate(body):
        if (i == 0 and _is_docstring(node)) or (
            isinstance(node, ast.ImportFrom) and node.module == "__future__"
        ):
            continue
        line = min([node.lineno, *[d.lineno for d in getattr(node, "decorator_list", [])]])
        above = source.offset(_commented(source, line), 0)
        return above, "\n" if future and line == body[i - 1].lineno else "", "\n\n"
    return len(source.raw), "\n", "\n"


def _commented(source: Source, line: int) -> int:
    """Return the first line of the comment that stands right above a statement, unless it is about the file."""
    first = line
    while first > 1 and source.lines[first - 2][1].startswith(b"#"):
        first -= 1
    return (
        line
        if first == 1 and ABOUT.search(b"".join(raw for _, raw in source.lines[: line - 1]))
        else first
    )
