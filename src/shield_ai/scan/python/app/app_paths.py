"""Select the files of an app, including those in skipped folders that it imports from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.name_meaning import is_secret
from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set
from shield_ai.project.import_roots import CONFIG_FOLDERS
from shield_ai.project.layout import SKIPPED_FOLDERS, is_test
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.walk import walk_all
from shield_ai.scan.python.app.import_statements import find_imports, module_tails
from shield_ai.scan.python.app.linked_folders import find_linked_folders
from shield_ai.scan.python.app.migration_reads import READ, find_migration_reads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding
    from shield_ai.model.skip import Skipped, SkipReason
    from shield_ai.scan.files.walk import Entry


# The app's own code can have these names, too.
AMBIGUOUS = word_set("third_party vendor templates build dist env docs doc")
MIGRATIONS = frozenset({"alembic", "migrations"})
# Folders that are not rewritten, but reported if they read secrets.
REPORTED = AMBIGUOUS | MIGRATIONS
# Where setuptools copies the packages that it builds, such as build/lib/shop/settings.py.
BUILT = regex(r"(?:.+/)?build/lib(?:\.[^/]+)?/(.+)")
MIGRATION_HELPER = regex(r"_[a-z]\w*\.py")
TEMPLATE_SUFFIXES = (".html", ".htm", ".jinja", ".jinja2", ".j2")
MAX_SHOWN = 5


class AppPaths(NamedTuple):
    """The files of an app, and the skipped folders that read secrets."""

    paths: list[str]
    skipped: tuple[Skipped, ...]
    findings: tuple[Finding, ...]  # reads of secrets in migrations; the app runs these files


def find_app_paths(root: Path, read: FileReader) -> AppPaths:
    """Find the files of an app in its folder.

    Args:
        root: The folder.
        read: Returns the bytes of a file; None if it can't be read.
    """
    selected = select_app_paths(walk_all(root), read)
    linked = find_linked_folders(root, selected.paths)
    return selected._replace(skipped=(*linked, *selected.skipped))


def select_app_paths(entries: Iterable[Entry], read: FileReader) -> AppPaths:
    """Select the files that belong to the app.

    Args:
        entries: All files.
        read: Returns the bytes of a file; None if it can't be read.
    """
    paths: list[str] = []
    folders: dict[str, list[str]] = {}
    for entry in entries:
        if _is_app_path(entry):
            paths.append(entry.path)
        elif folder := _reported_folder(entry.path):
            folders.setdefault(folder, []).append(entry.path)
    app_files = [path for path in paths if path.endswith(".py") and not is_test(path)]
    skipped = []
    findings: list[Finding] = []
    for folder, files in sorted(folders.items()):
        reads: list[Finding] = []
        if folder.rpartition("/")[2] in MIGRATIONS:
            reads = list(find_migration_reads(files, read))
            variables = sorted({found.name for found in reads if found.env})
            findings += [found for found in reads if found.reason]
        else:
            variables = _secret_variables(_without_copies(files, app_files), read)
        if not variables:
            continue
        if _belongs_to_app(folder, set(files), app_files, read):
            paths += files
        else:
            reason = _reason(variables)
            skipped.append(reason.entry(folder))
            for found in reads:
                if not found.reason:
                    findings.append(msgspec.structs.replace(found, reason=reason))
    return AppPaths(paths, tuple(skipped), tuple(findings))


def _without_copies(files: Sequence[str], app_files: Sequence[str]) -> Iterator[str]:
    """Yield the files that setuptools did not copy from the app."""
    copies = {path: copy[1] for path in files if (copy := BUILT.fullmatch(path))}
    originals = module_tails(app_files) if copies else ()
    for path in files:
        module = copies.get(path, "").removesuffix(".py").removesuffix("/__init__")
        if module not in originals:
            yield path


def _is_app_path(entry: Entry) -> bool:
    path = entry.path
    return entry.is_app_file or _is_migration_helper(path) or _is_template_or_workflow(path)


def _is_template_or_workflow(path: str) -> bool:
    """Return whether a file is an HTML template or a workflow.

    Their content shows which variables are public or secret.
    """
    if path.startswith(".github/workflows/"):
        return True
    if not path.endswith(TEMPLATE_SUFFIXES):
        return False
    folders = path.split("/")[:-1]
    return not any(part in SKIPPED_FOLDERS - {"templates"} or part[:1] == "." for part in folders)


def _is_migration_helper(path: str) -> bool:
    """Return whether a module in a folder of migrations is not a migration itself."""
    *folders, name = path.split("/")
    if folders[-1:] != ["migrations"] or not MIGRATION_HELPER.fullmatch(name):
        return False
    return not any(part in SKIPPED_FOLDERS or part.startswith(".") for part in folders[:-1])


def _reported_folder(path: str) -> str:
    """Return the reported or hidden folder of a path if there is exactly one, otherwise ""."""
    folders = path.split("/")[:-1]
    found = [
        index for index, name in enumerate(folders) if name in REPORTED or name.startswith(".")
    ]
    if len(found) != 1:
        return ""
    return "/".join(folders[: found[0] + 1])


def _secret_variables(files: Iterable[str], read: FileReader) -> list[str]:
    names: set[str] = set()
    for path in files:
        if path.endswith(".py") and not is_test(path):
            names.update(found.decode() for found in READ.findall(read(path) or b""))
    return sorted(name for name in names if is_secret(name))


def _reason(variables: list[str]) -> SkipReason:
    shown = ", ".join(variables[:MAX_SHOWN])
    more = f" and {len(variables) - MAX_SHOWN} more" if len(variables) > MAX_SHOWN else ""
    return SkipId.FOLDER_NOT_SCANNED.reason(variables=f"{shown}{more}")


def _belongs_to_app(folder: str, files: set[str], app_files: list[str], read: FileReader) -> bool:
    parent, _, name = folder.rpartition("/")
    if name not in AMBIGUOUS or any(".dist-info/" in path for path in files):
        return False
    if name != "templates" and parent.rpartition("/")[2] in CONFIG_FOLDERS:
        return f"{folder}/__init__.py" in files
    modules = {path.removesuffix(".py").removesuffix("/__init__") for path in files}
    return any(_imports_from(path, read(path) or b"", folder, modules) for path in app_files)


def _imports_from(path: str, raw: bytes, folder: str, modules: set[str]) -> bool:
    """Return whether a file imports one of the modules of a folder."""
    parent, _, name = folder.rpartition("/")
    if name.encode() not in raw:
        return False
    parents = parent.split("/") if parent else []
    # An absolute import can start at any folder above the skipped one.
    bases = ["".join(f"{part}/" for part in parents[:depth]) for depth in range(len(parents) + 1)]
    for target, is_relative in _import_targets(path, raw):
        for base in [""] if is_relative else bases:
            if base + target in modules:
                return True
    return False


def _import_targets(path: str, raw: bytes) -> Iterator[tuple[str, bool]]:
    """Yield the path of each imported module or name, and whether the import is relative.

    The path of a relative import starts at the folder of the app.
    """
    for found in find_imports(raw):
        target = found.target(path)
        is_relative = found.module.startswith(".")
        yield target, is_relative
        for name in found.names.values():
            yield f"{target}/{name}", is_relative
