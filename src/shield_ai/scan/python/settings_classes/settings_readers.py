"""Find the settings class that reads the fields of a mixin or a nested model of pydantic."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.scan.python.readers.bindings import Imported
from shield_ai.scan.python.settings_classes.field_defaults import is_named
from shield_ai.scan.python.settings_classes.settings_class import (
    SettingsClass,
    find_base,
    settings_class,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.python.readers.bindings import Module, Scope
    from shield_ai.scan.python.readers.resolve import Resolver

MAX_NESTED = 5  # levels of nested models
# How often a model is visited at one level. Two visits show that a model has several readers;
# without a limit, five levels of many fields would take very long.
MAX_VISITS = 2


class SettingsReader(NamedTuple):
    """A settings class that reads the fields of another class of the file."""

    settings: SettingsClass
    # What the parent fields add to the variable's name, such as "db__"; "" if there are none.
    # None if a parent field reads the class from its JSON.
    parent_prefix: str | None


class SettingsReaders:
    """Looks up which settings class of a file reads the fields of a class.

    Args:
        resolver: Resolves the names of the file.
    """

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._settings: dict[ast.ClassDef, SettingsClass | None] = {}
        self._readers: dict[ast.ClassDef, list[SettingsReader]] | None = None
        self._visits: Counter[tuple[ast.ClassDef, int]] = Counter()

    def settings_of(self, node: ast.ClassDef, scopes: tuple[Scope, ...]) -> SettingsClass | None:
        """Describe a class; None if it is not a settings class."""
        if node not in self._settings:
            self._settings[node] = settings_class(self._resolver, node, scopes)
        return self._settings[node]

    def readers_of(self, node: ast.ClassDef) -> list[SettingsReader]:
        """Return the settings classes of the file that inherit or nest a class."""
        if self._readers is None:
            self._readers = {}
            tree = self._resolver.module.source.tree
            for statement in tree.body:
                if isinstance(statement, ast.ClassDef):
                    settings = self.settings_of(statement, (tree,))
                    if settings:
                        self._add_reader(settings)
        return self._readers.get(node, [])

    def _add_reader(self, settings: SettingsClass) -> None:
        for home, base in settings.bases:
            if home is self._resolver.module and not self.settings_of(base, (home.source.tree,)):
                self._add(base, SettingsReader(settings, ""))
            self._add_nested(settings, base, "", MAX_NESTED)

    def _add(self, node: ast.ClassDef, reader: SettingsReader) -> None:
        if self._readers is None:
            return
        readers = self._readers.setdefault(node, [])
        if not any(_inherits(reader, other) for other in readers):
            readers.append(reader)

    def _add_nested(
        self, settings: SettingsClass, node: ast.ClassDef, parent_prefix: str | None, levels: int
    ) -> None:
        """Add the models that are the types of a class's fields."""
        if not levels or self._visits[node, levels] == MAX_VISITS:
            return
        self._visits[node, levels] += 1
        for field in node.body:
            if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
                continue
            model = self._model_of(field.annotation)
            if model is None or self.settings_of(model, (self._resolver.module.source.tree,)):
                continue
            below = self._prefix_below(settings, field, parent_prefix)
            self._add(model, SettingsReader(settings, below))
            self._add_nested(settings, model, below, levels - 1)

    def _prefix_below(
        self, settings: SettingsClass, field: ast.AnnAssign, parent_prefix: str | None
    ) -> str | None:
        if parent_prefix is None or not settings.nested_delimiter or has_alias(field.value):
            return None
        if _is_container(field.annotation):
            return None
        return f"{parent_prefix}{ast.unparse(field.target)}{settings.nested_delimiter}"

    def _model_of(self, annotation: ast.expr) -> ast.ClassDef | None:
        """Return the first class of the file in a type, such as `Model | None` or `list[Model]`."""
        for part in ast.walk(annotation):
            if isinstance(part, (ast.Name, ast.Attribute)):
                tree = self._resolver.module.source.tree
                found = find_base(self._resolver, self._resolver.module, part, (tree,))
                if not isinstance(found, str) and found[0] is self._resolver.module:
                    return found[1]
        return None


def _is_container(annotation: ast.expr) -> bool:
    """Return whether a type is a container such as a list, which pydantic reads as JSON."""
    for part in ast.walk(annotation):
        if isinstance(part, ast.Subscript):
            if not any(is_named(part.value, name) for name in ("Optional", "Union", "Annotated")):
                return True
    return False


def _inherits(reader: SettingsReader, other: SettingsReader) -> bool:
    """Return whether a class reads the same variables as its base class, which gets the source."""
    settings = reader.settings
    return (
        reader.parent_prefix == other.parent_prefix
        and settings.prefix == other.settings.prefix
        and settings.nested_delimiter == other.settings.nested_delimiter
        and not settings.reason
        and any(base is other.settings.node for _, base in settings.bases)
    )


def nested_settings_fields(
    resolver: Resolver, annotation: ast.expr, delimiter: str, levels: int = MAX_NESTED
) -> Iterator[tuple[Resolver, str, ast.AnnAssign]]:
    """Yield the fields of the models of other files that a type names.

    Args:
        resolver: Resolves the names of the file with the type.
        annotation: The type of a field.
        delimiter: Separates the names of a field and of the fields of its model.
        levels: The number of levels of models to visit.

    Yields:
        The resolver of the field's file, the names above the field, each with the delimiter, and
        the field.
    """
    found = _class_of_other_file(resolver, annotation)
    if found is None or not levels:
        return
    module, model = found
    home = resolver.in_module(module)
    for field in model.body:
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        yield home, "", field
        below = nested_settings_fields(home, field.annotation, delimiter, levels - 1)
        for place, parents, inner in below:
            yield place, f"{field.target.id}{delimiter}{parents}", inner


def _class_of_other_file(
    resolver: Resolver, annotation: ast.expr
) -> tuple[Module, ast.ClassDef] | None:
    """Return the class that a type names, if it is imported from another file of the app."""
    tree = resolver.module.source.tree
    for part in ast.walk(annotation):
        bindings = resolver.module.lookup(part.id, (tree,)) if isinstance(part, ast.Name) else ()
        for binding in bindings:
            if not isinstance(binding, Imported):
                continue
            place = resolver.project.find_constant(binding.path)
            if place is None:
                continue
            home, name = place
            for found in home.names(home.source.tree).get(name, []):
                if isinstance(found, ast.ClassDef):
                    return home, found
    return None


def has_alias(value: ast.expr | None) -> bool:
    """Return whether a field names its variable, as in `Field(alias="NAME")`."""
    keywords = value.keywords if isinstance(value, ast.Call) else []
    return any(keyword.arg in {"alias", "validation_alias", "env"} for keyword in keywords)
