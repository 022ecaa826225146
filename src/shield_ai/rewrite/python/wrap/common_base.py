"""Find base classes from which several pydantic settings classes can inherit the source."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.project.pydantic_sources import PYDANTIC_1, find_method
from shield_ai.rewrite.python.wrap.settings_imports import LIBRARY, library_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.wrap.wrapped_site import Wrap

MIN_HEIRS = 2  # classes with secrets that share the method of a base class


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
        if own_fields[0].site.reader != PYDANTIC_1 and not _has_method(node):
            heirs.update({base.id for base in node.bases if isinstance(base, ast.Name)})
    for statement in source.tree.body:
        if not isinstance(statement, ast.ClassDef) or statement in fields:
            continue
        is_on_one_line = statement.body[0].lineno == statement.lineno
        is_common = heirs[statement.name] >= MIN_HEIRS and not is_on_one_line
        if is_common and derives_directly(source, statement) and not _has_method(statement):
            yield statement


def derives_directly(source: Source, node: ast.ClassDef) -> bool:
    """Return whether BaseSettings of the library is the only base of a class."""
    names = {library_name(source, "BaseSettings"), f"{LIBRARY}.BaseSettings"}
    return len(node.bases) == 1 and ast.unparse(node.bases[0]) in names


def _has_method(node: ast.ClassDef) -> bool:
    return find_method(node, is_pydantic_1=False) is not None
