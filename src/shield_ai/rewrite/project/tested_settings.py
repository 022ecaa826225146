"""Find the pydantic settings classes that the generated tests create."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.file_reader import read_optional
from shield_ai.rewrite.project.import_names import module_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest

MAX_CLASSES = 8
# Base classes with fields that do not read the environment.
MODELS = frozenset({"BaseModel", "NamedTuple", "Protocol", "RootModel", "SQLModel", "TypedDict"})


class TestedClass(NamedTuple):
    """A settings class that reads a secret from AWS."""

    path: str  # dotted, with a colon before the name of the class
    secret: str


def find_tested_classes(
    read: FileReader, fields: Collection[tuple[str, str]], manifest: Manifest, root: str
) -> list[TestedClass]:
    """Return the classes to test, each with a secret that it reads.

    Args:
        read: Returns the bytes of a file of the app.
        fields: Path and variable of each field that reads AWS.
        manifest: The secrets.
        root: The folder from which the app imports.
    """
    prefix = f"{root}/" if root else ""
    secrets = {name: secret.name for name, (secret, _) in manifest.secrets_by_variable().items()}
    own: defaultdict[str, dict[str, str]] = defaultdict(dict)  # the secrets of each file
    for path, variable in fields:
        if path.startswith(prefix) and variable in secrets:
            own[path][variable] = secrets[variable]
    found = []
    for path in sorted(own):
        for settings, secret in _classes(read_optional(read, path) or b"", own[path]):
            found.append(TestedClass(f"{module_of(root, path)}:{settings}", secret))
    return found[:MAX_CLASSES]


def _classes(raw: bytes, secrets: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each settings class that has a secret field, with the secret of its first one."""
    try:
        tree = ast.parse(raw)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in _settings_classes(tree):
        found = [secrets[name] for name in _variables(node) if name in secrets]
        if found:
            yield node.name, found[0]


def _variables(node: ast.ClassDef) -> list[str]:
    fields = [part.target for part in node.body if isinstance(part, ast.AnnAssign)]
    return [field.id.upper() for field in fields if isinstance(field, ast.Name)]


def _settings_classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """Yield the classes of a file that can derive from BaseSettings."""
    models = set(MODELS)
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        bases = {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases}
        if not models.isdisjoint(bases):
            models.add(node.name)
        elif bases:
            yield node
