"""Find requirements in groups and extras of pyproject.toml, which production may not install."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.rewrite.project.dependencies.wanted_requirements import InstalledGroups

POETRY = ("tool", "poetry")
# Tables whose values are lists of requirements.
LISTS = (
    ("dependency-groups",),
    ("project", "optional-dependencies"),
    ("tool", "pdm", "dev-dependencies"),
    ("tool", "uv"),
)
# Groups that production installs, if the project itself has no dependencies.
APP_GROUPS = ("main", "prod", "production", "default", "app", "runtime", "base", "core")
# https://python-poetry.org/docs/dependency-specification/
CARET_ZERO = regex(r"\^\s*0(?:\.|$)")
TILDE = regex(r"~\s*(\d+(?:\.\d+)?)[\w.]*")


def grouped_requirements(document: dict[str, Any]) -> list[str]:
    """Return the requirements that are not in the main dependencies, in the form of PEP 508.

    Args:
        document: The content of pyproject.toml.
    """
    found: list[str] = []
    for path in LISTS:
        for group in _table(document, *path).values():
            if isinstance(group, list):
                found += [text for text in group if isinstance(text, str)]
    poetry = _table(document, *POETRY)
    tables = [_table(poetry, "dependencies"), _table(poetry, "dev-dependencies")]
    tables += [_table(group, "dependencies") for group in _table(poetry, "group").values()]
    for table in tables:
        found += table_requirements(table)
    return found


def app_group(document: dict[str, Any]) -> list[Any] | None:
    """Return the dependency group or the extra that production installs; None if there is none.

    Args:
        document: The content of pyproject.toml.
    """
    extras = _table(document, "project", "optional-dependencies")
    groups = {**extras, **_table(document, "dependency-groups")}
    by_name: dict[str, object] = {canonicalize_name(name): group for name, group in groups.items()}
    for name in APP_GROUPS:
        group = by_name.get(name)
        if isinstance(group, list) and group:
            return group
    return None


def production_group(
    document: Mapping[str, Any], installed: InstalledGroups
) -> list[Any] | dict[str, Any]:
    """Return a list or a table of Poetry with requirements that only production installs.

    Args:
        document: The content of pyproject.toml.
        installed: The groups and extras that production installs.

    Returns:
        An empty list if none of them exists, or none has requirements.
    """
    poetry = _table(document, *POETRY, "group")
    places = (
        (_table(document, "dependency-groups"), installed.groups),
        ({name: _table(group, "dependencies") for name, group in poetry.items()}, installed.groups),
        (_table(document, "project", "optional-dependencies"), installed.extras),
    )
    for groups, names in places:
        for name, group in groups.items():
            if canonicalize_name(name) in names and isinstance(group, list | dict) and group:
                return group
    return []


def declares_dependencies(document: dict[str, Any]) -> bool:
    """Return whether the project itself declares dependencies other than Python.

    Args:
        document: The content of pyproject.toml.
    """
    poetry = _table(document, *POETRY, "dependencies")
    if _table(document, "project").get("dependencies") or set(poetry) - {"python"}:
        return True
    return app_group(document) is not None


def is_optional(value: object) -> bool:
    """Return whether Poetry installs a dependency only with an extra.

    Args:
        value: The value in Poetry's table: a version, a table, or a list of tables.
    """
    values = value if isinstance(value, list) else [value]
    return all(isinstance(item, dict) and item.get("optional") is True for item in values)


def table_requirements(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield the requirements in a table of Poetry or pipenv that have a version, as in PEP 508.

    Args:
        table: The versions, or tables with a version, by the name of the package.
    """
    for name, value in table.items():
        version = value.get("version") if isinstance(value, dict) else value
        if isinstance(version, str):
            parts = [_specifier(part.strip()) for part in version.split(",")]
            yield name + ",".join(part for part in parts if part)


def _specifier(version: str) -> str:
    """Convert a version constraint of Poetry to PEP 440; "" if it allows all or recent versions."""
    if version.startswith("^"):
        return "<1" if CARET_ZERO.match(version) else ""
    tilde = TILDE.fullmatch(version)
    if tilde:
        return f"=={tilde[1]}.*"
    return f"=={version}" if version[:1].isdigit() else version.removeprefix("*")


def _table(table: object, *path: str) -> dict[str, Any]:
    """Return a nested table; an empty one if there is none."""
    for key in path:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}
