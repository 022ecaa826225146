"""Add the packages of the runtime's copy to the lists of packages that the project builds."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.file_reader import read_optional
from shield_ai.model.skip import SkipId
from shield_ai.project.layout import is_test
from shield_ai.project.package_lists import (
    SETUP_CFG,
    SETUP_PY,
    PackageList,
    read_package_lists,
)
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.pyproject_file import PYPROJECT
from shield_ai.rewrite.project.copy_files import copy_folder, needed_files
from shield_ai.rewrite.project.copy_parts import find_parts
from shield_ai.rewrite.project.dependencies.pyproject import append_to_array
from shield_ai.rewrite.project.dependencies.setup_files import (
    append_to_setup_cfg,
    append_to_setup_py,
)
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, skip_file
from shield_ai.rewrite.project.import_names import root_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.skip import SkipReason
    from shield_ai.rewrite.project.fixer import FixContext

_INIT = "__init__.py"
# The top-level package of an absolute import outside functions.
_IMPORTED = regex(rb"(?m)^(?:from|import)[ \t]+([A-Za-z_]\w{0,200})")
_PATHS = ("include", "only-include")  # keys of hatch


class BuiltRuntime(NamedTuple):
    """The files of the runtime in an app, and what imports them."""

    path: str  # the map file
    root: str  # the import root
    files: Collection[str]  # of the copy
    importers: Collection[str]  # the app's files that import the runtime
    modules: Collection[str] = ()  # all Python files of the app


class MissingPackages(NamedTuple):
    """What a list of packages lacks."""

    listed: PackageList
    packages: list[str]
    modules: list[str]  # modules outside packages

    def reason(self) -> SkipReason:
        """Return the reason to report the list: it names what the user can add."""
        names = [f'"{name.removesuffix(f"/{_INIT}")}"' for name in self.packages]
        if self.listed.keys[-1] == "packages" and "poetry" in self.listed.keys:
            names = [f"{{ include = {name} }}" for name in names]
        names += [f'"{name}" (in py-modules)' for name in self.modules]
        keys = ".".join(self.listed.keys)
        return SkipId.NOT_BUILT.reason(keys=keys, names=", ".join(names))


def fix(context: FixContext) -> Outcome:
    """Add the packages to the lists, or report what to add."""
    runtime = context.manifest.app.runtime
    if runtime == "package":
        return NOTHING
    built = BuiltRuntime(
        runtime,
        root_of(context.read, runtime, context.module),
        needed_files(context.read, runtime, find_parts(context)),
        {*context.app.edited, *context.manifest.app.settings},
        context.app.paths,
    )
    changes, skipped = [], []
    for missing in find_missing(context.read, built):
        outcome = None if missing.modules else _append(context.read, missing)
        if outcome is None:
            outcome = skip_file(missing.listed.path, missing.reason())
        new_changes, newly_skipped = outcome
        changes += new_changes
        skipped += newly_skipped
    return changes, skipped


def find_missing(read: FileReader, built: BuiltRuntime) -> Iterator[MissingPackages]:
    """Yield the lists that have the code which imports the runtime, but not all of the runtime.

    Args:
        read: Returns the bytes of a file of the app.
        built: The runtime.
    """
    for listed in read_package_lists(read):
        inside = _listed_importers(listed, built)
        if not inside or _runs_from_source(read, listed, built, inside):
            continue
        missing = (
            _missing_names(listed, built) if listed.is_dotted else _missing_paths(listed, built)
        )
        if missing.packages or missing.modules:
            yield missing


def _missing_names(listed: PackageList, built: BuiltRuntime) -> MissingPackages:
    packages = _packages((built.path, *built.files), built.root)
    missing = [package for package in packages if not listed.has(package)]
    if listed.keys[-1] == "include":
        missing = _with_pattern(missing, _dotted(copy_folder(built.path), built.root))
    module = _dotted(built.path, built.root)
    is_missing = "." not in module and module not in listed.modules
    return MissingPackages(listed, missing, [module] if is_missing else [])


def _missing_paths(listed: PackageList, built: BuiltRuntime) -> MissingPackages:
    paths = (built.path, f"{copy_folder(built.path)}/{_INIT}")
    return MissingPackages(listed, [path for path in paths if not listed.has(path)], [])


def _with_pattern(packages: list[str], copy: str) -> list[str]:
    """Replace the packages of the copy by one pattern: setuptools finds those that match it.

    Args:
        packages: Dotted names.
        copy: The dotted name of the copy.
    """
    others = [package for package in packages if not f"{package}.".startswith(f"{copy}.")]
    return [*others, f"{copy}*"] if len(others) < len(packages) else packages


def _listed_importers(listed: PackageList, built: BuiltRuntime) -> list[str]:
    """Return the files of a list that import the runtime."""
    return [path for path in built.importers if _is_listed(listed, built.root, path)]


def _is_listed(listed: PackageList, root: str, path: str) -> bool:
    if not listed.is_dotted:
        return listed.has(path)
    if not path.startswith(_prefix(root)):
        return False
    is_in_package = any(map(listed.has, _packages([path], root)))
    return is_in_package or _dotted(path, root) in listed.modules


def _runs_from_source(
    read: FileReader, listed: PackageList, built: BuiltRuntime, importers: list[str]
) -> bool:
    """Return whether the project does not run from the package that the list builds."""
    lacks_subpackages = listed.is_dotted and _lacks_subpackages(listed, built, importers)
    return lacks_subpackages or _imports_unlisted(read, listed, built, importers)


def _imports_unlisted(
    read: FileReader, listed: PackageList, built: BuiltRuntime, paths: Iterable[str]
) -> bool:
    """Return whether files import other modules of the app that the list lacks."""
    names: set[str] = set()
    for path in paths:
        names.update(
            match.decode() for match in _IMPORTED.findall(read_optional(read, path) or b"")
        )
    prefix = _prefix(built.root)
    for name in names - {_dotted(built.path, built.root).partition(".")[0]}:
        for path in (f"{prefix}{name}/{_INIT}", f"{prefix}{name}.py"):
            if read_optional(read, path) is not None and not _is_listed(listed, built.root, path):
                return True
    return False


def _lacks_subpackages(listed: PackageList, built: BuiltRuntime, importers: list[str]) -> bool:
    """Return whether a package that imports the runtime has subpackages, and none is listed.

    An image may install such a project from a few files, which fails if the list names a package
    that is not among them.
    """
    tops = {package.partition(".")[0] for package in _packages(importers, built.root)}
    beside = built.path.rpartition("/")[0]  # apply may have created this package for the map file
    paths = [path for path in built.modules if path not in {built.path, f"{beside}/{_INIT}"}]
    subpackages = {
        package
        for package in _packages((path for path in paths if not is_test(path)), built.root)
        if "." in package and package.partition(".")[0] in tops
    }
    return bool(subpackages) and not any(map(listed.has, subpackages))


def _packages(paths: Iterable[str], root: str) -> list[str]:
    """Return the packages that contain modules, without their parents."""
    packages = {_dotted(path, root).rpartition(".")[0] for path in paths}
    return sorted(packages - {""})


def _dotted(path: str, root: str) -> str:
    name = PurePosixPath(path.removeprefix(_prefix(root))).with_suffix("")
    return ".".join(name.parts)


def _prefix(root: str) -> str:
    return f"{root}/" if root else ""


def _append(read: FileReader, missing: MissingPackages) -> Outcome | None:
    """Add packages to a list; None if its form is not supported."""
    path, keys, entries, is_dotted, _ = missing.listed
    if not entries:
        return None
    if not is_dotted:
        names = [name.removesuffix(f"/{_INIT}") for name in missing.packages]
        return append_to_array(path, read, keys, *names) if keys[-1] in _PATHS else None
    if path == PYPROJECT:
        return append_to_array(path, read, keys, *missing.packages)
    if path == SETUP_CFG:
        return append_to_setup_cfg(path, read, (keys[0], keys[1]), missing.packages)
    if path == SETUP_PY:
        return append_to_setup_py(path, read, keys[-1], missing.packages)
    return None
