"""Find the secrets that a metaclass reads from the environment: flask-env and figenv.

    class Config(metaclass=MetaFlaskEnv):
        ENV_PREFIX = "SHOP_"
        MAIL_PASSWORD = None

The variable of this setting is SHOP_MAIL_PASSWORD: https://github.com/brettlangdon/flask-env,
https://github.com/gtmanfred/figenv
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app.config_finding import create_finding
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.python.config.config_objects import Origin
from shield_ai.scan.python.config.config_read import ConfigRead
from shield_ai.scan.python.readers.ast_walk import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.model.finding import Finding
    from shield_ai.project.python_source import Source

LIBRARIES = {"MetaFlaskEnv": "flask-env", "MetaConfig": "figenv"}
PREFIX = "ENV_PREFIX"


def find_metaclass_reads(source: Source) -> Iterator[Finding]:
    """Yield each secret setting of the classes that such a metaclass fills.

    Args:
        source: The file.
    """
    if not any(name in source.text for name in LIBRARIES):
        return
    libraries: dict[str, str] = {}  # of the classes that were defined so far
    for node in source.tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        library = _library(node, libraries)
        if library:
            libraries[node.name] = library
            yield from _secrets(source, node, library)


def _library(node: ast.ClassDef, libraries: Mapping[str, str]) -> str:
    """Return the library of a class's metaclass, which it can inherit; "" without one."""
    for keyword in node.keywords:
        if keyword.arg == "metaclass":
            return LIBRARIES.get(name_of(keyword.value), "")
    inherited = (libraries.get(name_of(base), "") for base in node.bases)
    return next(filter(None, inherited), "")


def _secrets(source: Source, node: ast.ClassDef, library: str) -> Iterator[Finding]:
    settings = dict(_settings(node))
    prefix = literal_text(settings[PREFIX][1]) if PREFIX in settings else ""
    for name, (target, _) in settings.items():
        if name.isupper() and meaning(name) is not Meaning.HARMLESS:
            read = ConfigRead(target, name, Origin(library), is_certain=True)
            reason = SkipId.READ_BY_LIBRARY.reason(function=library)
            yield create_finding(source, read, reason, f"{prefix or ''}{name}")


def _settings(node: ast.ClassDef) -> Iterator[tuple[str, tuple[ast.Name, ast.expr]]]:
    """Yield each attribute of a class, with its name in the code and its value."""
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and statement.value:
                yield target.id, (target, statement.value)
