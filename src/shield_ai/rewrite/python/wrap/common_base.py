"""Find base classes from which several pydantic settings classes can inherit the source."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.project.pydantic_sources import PYDANTIC_1, find_method, only_adds_source
from shield_ai.rewrite.python.wrap.settings_imports import library_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.wrap.wrapped_site import Wrap

MIN_HEIRS = 2  # classes with secrets that share the method of a base class
ADDED_BASES = ("AwsSecretsSettings", "SecretsManagerSettings")  # the first unused name


def common_bases(
    source: Source, fields: Mapping[ast.ClassDef, Sequence[Wrap]]
) -> Iterator[ast.ClassDef]:
    """Yield the base classes that get the source in place of several classes with secrets.

    These are classes of the file for pydantic 2, without secrets and without own sources, that
    derive from BaseSettings of the library directly.

    Args:
        source: The file.
        fields: The classes with secrets, and their fields.
    """
    heirs: Counter[str] = Counter()
    for node, own_fields in fields.items():
        if own_fields[0].site.field_reader != PYDANTIC_1 and not _has_method(node):
            heirs.update({base.id for base in node.bases if isinstance(base, ast.Name)})
    for statement in source.tree.body:
        if not isinstance(statement, ast.ClassDef) or statement in fields:
            continue
        is_on_one_line = statement.body[0].lineno == statement.lineno
        is_common = heirs[statement.name] >= MIN_HEIRS and not is_on_one_line
        if is_common and derives_directly(source, statement) and not _has_method(statement):
            yield statement


def classes_for_added_base(
    source: Source, classes: Mapping[ast.ClassDef, Sequence[Wrap]]
) -> tuple[str, dict[ast.ClassDef, ast.ClassDef]]:
    """Return the name of a class with the source, and the classes that can inherit from it.

    Args:
        source: The file.
        classes: The classes that need the source, and their fields.

    Returns:
        The name is that of the class which an earlier rewrite added; otherwise a name that the
        file does not use yet. Each class has its first base class in the file, or itself, which
        has to derive from that class. There are no classes if a new base class is not worthwhile.
    """
    direct = list(_direct_subclasses(source))
    roots = {}
    for node, own_fields in classes.items():
        root = _root_of(source, node, own_fields)
        if root in direct:
            roots[node] = root
    for base in filter(only_adds_source, direct):
        later = {node: root for node, root in roots.items() if root.lineno > base.lineno}
        return base.name, later
    name = next((name for name in ADDED_BASES if name not in source.text), "")
    is_worthwhile = name and len(set(roots.values())) >= MIN_HEIRS
    return (name, roots) if is_worthwhile else ("", {})


def _root_of(source: Source, node: ast.ClassDef, own_fields: Sequence[Wrap]) -> ast.ClassDef | None:
    """Return the class of the file through which a class derives from BaseSettings.

    None if a class on the way has its own sources or several base classes. For pydantic 1, this is
    only the class itself.
    """
    by_name = {part.name: part for part in source.tree.body if isinstance(part, ast.ClassDef)}
    is_pydantic_1 = any(wrap.site.field_reader == PYDANTIC_1 for wrap in own_fields)
    root: ast.ClassDef | None = node
    for _ in by_name:
        if root is None or _has_method(root) or len(root.bases) != 1:
            return None
        if is_pydantic_1 or derives_directly(source, root):
            return root
        root = by_name.get(ast.unparse(root.bases[0]))
    return None


def _direct_subclasses(source: Source) -> Iterator[ast.ClassDef]:
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and derives_directly(source, node):
            yield node


def derives_directly(source: Source, node: ast.ClassDef) -> bool:
    """Return whether BaseSettings of the library is the only base of a class."""
    return len(node.bases) == 1 and ast.unparse(node.bases[0]) in library_names(source)


def _has_method(node: ast.ClassDef) -> bool:
    return any(find_method(node, is_pydantic_1=is_old) for is_old in (False, True))
