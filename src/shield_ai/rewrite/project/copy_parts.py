"""Choose the parts of the runtime that a copy in an app needs."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.file_reader import read_optional
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import COPY
from shield_ai.rewrite.project.requirements import FILES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader
    from shield_ai.rewrite.project.fixer import FixContext

ENGINES = ("postgresql", "mysql")
REQUIREMENTS = (*FILES, "pyproject.toml", "Pipfile", "setup.cfg", "setup.py")
PYDANTIC_SETTINGS = regex(rb"\bpydantic[-_]settings\b")
POSTGRES_DRIVER = regex(rb"\bpsycopg")
MYSQL_DRIVER = regex(rb"(?i)mysql|mariadb")
# As in INSTALLED_APPS, in ENGINE and in imports.
DJANGO_PART = regex(rb"\b%s(?:\.|\s+import\b[^#\n]{0,500}\b)django\b" % COPY.encode())
# No other module of the runtime imports a module of these parts.
DJANGO = regex(r"django/.*")
MYSQL = regex(r"django/mysql/.*")
PYDANTIC = regex(r"pydantic(?:_v1)?\.py")


class CopyParts(NamedTuple):
    """The optional parts of the runtime that an app can use."""

    django: bool = True
    pydantic: bool = True
    mysql: bool = True


ALL = CopyParts()


def find_parts(context: FixContext) -> CopyParts:
    """Return the parts that an app can use, by its code and its requirements.

    Programs that import all modules, such as `pytest --doctest-modules`, would fail at the backend
    for MySQL without its driver.
    """
    required = b"\n".join(read_optional(context.read, path) or b"" for path in REQUIREMENTS)
    has_only_postgres = POSTGRES_DRIVER.search(required) and not MYSQL_DRIVER.search(required)
    return CopyParts(
        django=bool(context.engines) or names_django_part(context.read, context.app.paths),
        pydantic=context.app.pydantic or bool(PYDANTIC_SETTINGS.search(required)),
        mysql="mysql" in context.engines or not has_only_postgres,
    )


def names_django_part(read: FileReader, paths: Iterable[str]) -> bool:
    """Return whether one of the Python files names the copy's package for Django."""
    return any(DJANGO_PART.search(read_optional(read, path) or b"") for path in paths)


def select_modules(
    read: FileReader, runtime: str, modules: Iterable[str], parts: CopyParts
) -> list[str]:
    """Return the modules that a copy needs, relative to its folder.

    If the app already has a file of a part, all of the part is selected: the app may import it.

    Args:
        read: Returns the bytes of a file of the app, None if it does not exist.
        runtime: The path of the map file.
        modules: All modules of the runtime.
        parts: The parts that the app can use.
    """
    selected = list(modules)
    stem = runtime.removesuffix(".py")
    former_backends = [f"{stem}_{engine}/base.py" for engine in ENGINES]
    for is_used, part, former in (
        (parts.django, DJANGO, former_backends),
        (parts.mysql, MYSQL, [f"{stem}_mysql/base.py"]),
        (parts.pydantic, PYDANTIC, [f"{stem}_pydantic.py"]),
    ):
        in_part = [name for name in selected if part.fullmatch(name)]
        if not is_used and not _has_any(read, runtime, in_part, former):
            selected = [name for name in selected if name not in in_part]
    return selected


def _has_any(read: FileReader, runtime: str, modules: Iterable[str], former: Iterable[str]) -> bool:
    """Return whether the app has a module of the copy, or one of the former files."""
    folder = PurePosixPath(runtime).parent / COPY
    places = [*former, *(str(folder / name) for name in modules)]
    return any(read(place) is not None for place in places)
