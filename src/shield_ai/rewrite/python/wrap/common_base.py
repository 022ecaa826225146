"""Find base classes from which several pydantic settings classes can inherit the source."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.project.pydantic_sources import PYDANTIC_1, find_method, only_adds_source
from shield_ai.rewrite.python.wrap.settings_imports import library_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

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
    source: Source, classes: Collection[ast.ClassDef]
) -> tuple[str, list[ast.ClassDef]]:
    """Return the name of a class with the source, and the classes that can derive from it.

    Args:
        source: The file.
        classes: The classes that need the source.

    Returns:
        The name is that of the class which an earlier rewrite added; otherwise a name that the
        file does not use yet. There are no classes if a new base class is not worthwhile.
    """
    direct = list(_direct_subclasses(source))
    heirs = [node for node in direct if node in classes and not _has_method(node)]
    for base in filter(only_adds_source, direct):
        return base.name, [node for node in heirs if node.lineno > base.lineno]
    name = next((name for name in ADDED_BASES if name not in source.text), "")
    return (name, heirs) if name and len(heirs) >= MIN_HEIRS else ("", [])


def _direct_subclasses(source: Source) -> Iterator[ast.ClassDef]:
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and derives_directly(source, node):
            yield node


def derives_directly(source: Source, node: ast.ClassDef) -> bool:
    """Return whether BaseSettings of the library is the only base of a class."""
    return len(node.bases) == 1 and ast.unparse(node.bases[0]) in library_names(source)


def _has_method(node: ast.ClassDef) -> bool:
    return any(find_method(node, is_pydantic_1=is_old) for is_old in (False, True))
