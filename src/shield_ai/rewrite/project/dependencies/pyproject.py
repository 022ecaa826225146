"""Add dependencies to pyproject.toml and Pipfile.

tomlkit computes the new text, which is used only if it differs from the old text by one insertion.
"""

from __future__ import annotations

import enum
import tomllib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, String

from shield_ai.model.invalid_input import INVALID_TOML, require_short_keys
from shield_ai.model.skip import SkipId, SkipReason
from shield_ai.project.pyproject_file import parse_toml
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project.dependencies.lock_files import update_locks
from shield_ai.rewrite.project.dependencies.requirement_groups import (
    app_group,
    declares_dependencies,
    grouped_requirements,
    is_optional,
    production_group,
    table_requirements,
)
from shield_ai.rewrite.project.dependencies.sorted_position import sorted_position
from shield_ai.rewrite.project.dependencies.toml_insertion import (
    BOM,
    byte_offset,
    is_toml,
    move_above_comment,
    separate_table,
    single_insertion,
)
from shield_ai.rewrite.project.dependencies.version_form import (
    EXACT,
    below_next_major,
    common_table_operator,
    is_table_bounded,
    pin_unknown,
    with_version,
)
from shield_ai.rewrite.project.dependencies.version_pins import (
    outdated_dependency,
    outdated_version,
)
from shield_ai.rewrite.project.dependencies.wanted_requirements import (
    NAME,
    Bound,
    Wanted,
    first_requirement_name,
    requirement_name,
)
from shield_ai.rewrite.project.file_edits import (
    NOTHING,
    Outcome,
    encoding_problem,
    insertion_change,
    skip_file,
)

if TYPE_CHECKING:
    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.skip import Skipped
    from shield_ai.rewrite.project.dependencies.wanted_requirements import InstalledGroups


class Result(enum.Enum):
    """The result of adding dependencies to a document."""

    ADDED = enum.auto()
    PRESENT = enum.auto()
    NOT_APPLICABLE = enum.auto()  # there is no table or array to which they could be added


Add = Callable[[Any, Wanted], Result | SkipReason]


def add_to_pyproject(path: str, read: FileReader, wanted: Wanted) -> Outcome | None:
    """Add requirements to `[project]`, Poetry's table, or the dependency group of the app.

    Returns:
        None if there is no place for them: the file does not exist or has none of these, or the
        dependencies are dynamic.
    """
    outcome = _with_locks(read, _add_to_file(path, read, wanted, _add_to_project))
    if outcome is None or not outcome[0]:
        return outcome
    return outcome[0], [*outcome[1], *_extra_notes(read, outcome[0][0], wanted)]


def _extra_notes(read: FileReader, change: FileChange, wanted: Wanted) -> list[Skipped]:
    """Return how to install the extra for which a package gets a requirement."""
    extra = next(iter(wanted.values())).installed.new_extra
    document = parse_toml(apply_edits(read(change.path) or b"", change.edits))
    name = first_requirement_name(wanted)
    target = extra_target(document, extra, name)
    if not target:
        return []
    return [SkipId.IN_EXTRA.reason(requirement=name, target=target).entry(change.path)]


def extra_target(document: dict[str, Any], extra: str, requirement: str) -> str:
    """Return what pip installs with an extra, such as `shop[aws]`.

    Args:
        document: The content of pyproject.toml.
        extra: The name of the extra.
        requirement: The name of a package.

    Returns:
        "" if the extra does not have the package.
    """
    project = _get_nested(document, dict, "project")
    texts = _get_nested(project, list, "optional-dependencies", extra)
    if requirement not in [requirement_name(str(text)) for text in texts]:
        return ""
    match = NAME.fullmatch(str(project.get("name")))
    return f"{match[1] if match else '.'}[{extra}]"


def declares_app_dependencies(path: str, read: FileReader) -> bool:
    """Return whether a pyproject.toml declares dependencies of the app; True for other files.

    An invalid file counts, so that its problem is reported.
    """
    if not path.endswith("pyproject.toml"):
        return True
    try:
        text = (read(path) or b"").decode("utf-8-sig")
        require_short_keys(text)
        return declares_dependencies(tomllib.loads(text))
    except INVALID_TOML:
        return True


def add_to_pipfile(path: str, read: FileReader, wanted: Wanted) -> Outcome | None:
    """Add requirements to `[packages]`; return None if the file does not have that table."""
    return _with_locks(read, _add_to_file(path, read, wanted, _add_to_packages))


def _with_locks(read: FileReader, outcome: Outcome | None) -> Outcome | None:
    """Return the outcome for a file together with that for the lock files beside it."""
    if outcome is None or not outcome[0]:
        return outcome
    changes, skipped = update_locks(read, outcome[0][0])
    return [*outcome[0], *changes], [*outcome[1], *skipped]


def append_to_array(
    path: str, read: FileReader, keys: tuple[str, ...], *texts: str
) -> Outcome | None:
    """Append strings to an array; return None if the array does not exist or can't be extended.

    Args:
        path: The file.
        read: Returns the bytes of a file of the app.
        keys: The tables and the key that lead to the array.
        texts: The strings.
    """

    def add(document: Any, _: Wanted) -> Result:
        array = _get_nested(document, list, *keys)
        if not isinstance(array, Array):
            return Result.NOT_APPLICABLE
        is_literal = _is_literal(array) and not any("'" in text for text in texts)
        for text in texts:
            array.append(tomlkit.string(text, literal=is_literal))
        return Result.ADDED

    outcome = _add_to_file(path, read, dict.fromkeys(texts, Bound("")), add)
    return outcome if outcome and outcome[0] else None


def _is_literal(array: Array) -> bool:
    """Return whether all strings of an array are in single quotes."""
    strings = [item for item in array if isinstance(item, String)]
    return bool(strings) and all(item.as_string().startswith("'") for item in strings)


def _add_to_file(path: str, read: FileReader, wanted: Wanted, add: Add) -> Outcome | None:
    raw = read(path)
    if raw is None:
        return None
    problem = encoding_problem(raw, "é")  # TOML must be UTF-8, even to add ASCII text
    if problem:
        return skip_file(path, problem)
    text = raw.decode()
    old = text.removeprefix(BOM).replace("\r\n", "\n")
    try:
        document = tomlkit.parse(old)
        result = add(document, wanted)
    except TOMLKitError as error:
        return skip_file(path, SkipId.INVALID_TOML.reason(problem=str(error).rstrip(".")))
    if not isinstance(result, Result):
        return skip_file(path, result)
    if result is Result.PRESENT:
        return NOTHING
    if result is Result.NOT_APPLICABLE:
        return None
    new = tomlkit.dumps(document)
    insertion = single_insertion(old, new)
    # tomlkit writes some arrays with comments as invalid TOML.
    if insertion is None or not is_toml(new):
        return skip_file(path, SkipId.NOT_EXTENDABLE.reason(requirements=", ".join(wanted)))
    at, addition = move_above_comment(old, *insertion)
    addition = separate_table(old, at, addition)
    return [insertion_change(path, raw, byte_offset(text, at), addition)], []


class _Declared(NamedTuple):
    """The dependencies that production installs."""

    listed: list[str]
    tables: dict[str, Any]  # those in tables of Poetry
    target: Any  # the array or the table that gets the requirements
    new_extra: str  # gets them instead


def _add_to_project(document: Any, wanted: Wanted) -> Result | SkipReason:
    """Add requirements to the production dependencies.

    Production might not install dependency groups and extras. If one of them has the first wanted
    package, the requirements added to an array have only a minimum version, to allow that version.
    """
    project = _get_nested(document, dict, "project")
    poetry = _get_nested(document, dict, "tool", "poetry", "dependencies")
    installed = next(iter(wanted.values())).installed
    declared = _find_declared(document, installed)
    first = first_requirement_name(wanted)
    texts = [*declared.listed, *table_requirements(declared.tables)]
    if first in map(requirement_name, [*declared.tables, *texts]):
        return outdated_version(texts) or Result.PRESENT
    pins = [
        text for text in grouped_requirements(document.unwrap()) if requirement_name(text) == first
    ]
    outdated = outdated_dependency([*pins, *texts], first)
    if outdated:
        return outdated
    wanted = pin_unknown(wanted, [*poetry, *texts], _python_versions(project, poetry))
    others = [] if pins else declared.listed
    requirements = [with_version(name, bound, others) for name, bound in wanted.items()]
    if declared.new_extra:
        project.setdefault("optional-dependencies", {})[declared.new_extra] = requirements
        return Result.ADDED
    if isinstance(declared.target, Array):
        _add_to_array(declared.target, requirements)
        return Result.ADDED
    return _add_to_tables(project, declared.target, wanted)


def _find_declared(document: Any, installed: InstalledGroups) -> _Declared:
    """Return the dependencies of the project and of a group that production installs."""
    poetry = _get_nested(document, dict, "tool", "poetry", "dependencies")
    dependencies = _get_nested(document, list, "project", "dependencies")
    if not dependencies and not poetry:
        dependencies = app_group(document) or dependencies
    group = production_group(document, installed)
    tables = {name: value for name, value in poetry.items() if not is_optional(value)}
    if isinstance(group, dict):
        tables |= group
    listed = [*map(str, dependencies), *map(str, group)]
    target = group or (dependencies if isinstance(dependencies, Array) else poetry)
    new_extra = "" if group else _possible_extra(document, installed.new_extra)
    return _Declared(listed, tables, target, new_extra)


def _possible_extra(document: Any, extra: str) -> str:
    """Return the name of an extra; "" if the project is no package with extras in this file."""
    project = _get_nested(document, dict, "project")
    is_static = "optional-dependencies" not in _get_nested(project, list, "dynamic")
    return extra if "build-system" in document and "dependencies" in project and is_static else ""


def _add_to_tables(project: Any, poetry: Any, wanted: Wanted) -> Result | SkipReason:
    """Add requirements to a table of Poetry, or else as the first dependencies of the project."""
    if first_requirement_name(wanted) in map(requirement_name, poetry):
        # An optional requirement: the key can't be added again.
        return SkipId.NOT_EXTENDABLE.reason(requirements=", ".join(wanted))
    if poetry:
        _add_to_table(poetry, wanted)
    elif not project or "dependencies" in [*project, *_get_nested(project, list, "dynamic")]:
        return Result.NOT_APPLICABLE
    else:
        minimums = [f"{name}{bound.minimum}" for name, bound in wanted.items()]
        project["dependencies"] = minimums
    return Result.ADDED


def _python_versions(project: Any, poetry: Any) -> str:
    return str(project.get("requires-python") or poetry.get("python") or "")


def _add_to_array(dependencies: Array, requirements: Sequence[str]) -> None:
    """Insert requirements in the sort order of an array, or append them if it is not sorted."""
    for requirement in requirements:
        names = [NAME.match(str(item)) for item in dependencies]
        at = sorted_position([name[1] if name else "" for name in names], requirement)
        dependencies.insert(len(names) if at is None else at, requirement)


def _add_to_packages(document: Any, wanted: Wanted) -> Result | SkipReason:
    packages = document.get("packages")
    if not isinstance(packages, dict):
        return Result.NOT_APPLICABLE
    first = first_requirement_name(wanted)
    texts = list(table_requirements(packages))
    if first in map(requirement_name, packages):
        return outdated_version(texts) or Result.PRESENT
    outdated = outdated_dependency(texts, first)
    if outdated:
        return outdated
    versions = _get_nested(document, dict, "requires")
    python = str(versions.get("python_full_version") or versions.get("python_version") or "")
    _add_to_table(packages, pin_unknown(wanted, list(packages), python))
    return Result.ADDED


def _get_nested(table: Any, kind: type, *path: str) -> Any:
    """Return a nested value, or an empty value of the type if there is no value of that type."""
    for key in path:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table if isinstance(table, kind) else kind()


def _add_to_table(table: Any, wanted: Wanted) -> None:
    operator = common_table_operator(table)
    is_bounded = operator not in EXACT and is_table_bounded(table)
    for requirement, (minimum, known, *_) in wanted.items():
        bound = below_next_major(minimum) if is_bounded else minimum
        if operator == "^" and not minimum.startswith(">=0"):  # ^0.1 would not allow 0.2
            bound = minimum.replace(">=", "^")
        elif operator in EXACT and known:
            bound = f"{operator}{known}"
        name, _, extra = requirement.rstrip("]").partition("[")
        value: Any = bound
        if extra:
            value = tomlkit.inline_table()
            value.update({"version": bound, "extras": [extra]})
        table[name] = value
