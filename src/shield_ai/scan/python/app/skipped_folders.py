"""Find skipped folders that the app imports from, or that read secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.finding import Confidence, Finding
from shield_ai.model.name_meaning import is_secret
from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set
from shield_ai.project.import_roots import CONFIG_FOLDERS
from shield_ai.project.layout import SKIPPED_FOLDERS, is_test
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.walk import walk_all
from shield_ai.scan.python.app.import_statements import find_imports, module_tails
from shield_ai.scan.python.app.linked_folders import find_linked_folders
from shield_ai.scan.rules.pattern import csec34_rules
from shield_ai.scan.text.line_index import LineIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.skip import Skipped, SkipReason
    from shield_ai.scan.files.walk import Entry


# The app's own code can have these names, too.
AMBIGUOUS = word_set("third_party vendor templates build dist env docs doc")
# Folders that are not rewritten, but reported if they read secrets.
MIGRATIONS = frozenset({"alembic", "migrations"})
REPORTED = AMBIGUOUS | MIGRATIONS
# Where setuptools copies the packages that it builds, such as build/lib/shop/settings.py.
BUILT = regex(r"(?:.+/)?build/lib(?:\.[^/]+)?/(.+)")
READ = regex(
    rb"(?:environ(?:\.get)?|getenv|\benv(?:\.\w+)?|\bconfig)\s?[\[(]\s{0,60}[\"'](\w{1,80})[\"']"
)
MIGRATION_HELPER = regex(r"_[a-z]\w*\.py")
PAGES = (".html", ".htm", ".jinja", ".jinja2", ".j2")
MAX_SHOWN = 5


class AppPaths(NamedTuple):
    """The files of an app, and the skipped folders that read secrets."""

    paths: list[str]
    skipped: tuple[Skipped, ...]
    findings: tuple[Finding, ...]  # the reads in migrations, which the app runs


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
        variables = _secret_variables(_without_copies(files, app_files), read)
        if not variables:
            continue
        if _belongs_to_app(folder, set(files), app_files, read):
            paths += files
        else:
            reason = _reason(variables)
            skipped.append(reason.entry(folder))
            if folder.rpartition("/")[2] in MIGRATIONS:
                findings += _reads(files, read, reason)
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
    return entry.is_app_file or _is_migration_helper(path) or _is_page_or_workflow(path)


def _is_page_or_workflow(path: str) -> bool:
    """Return whether a file is a page or workflow, which show public and secret variables."""
    if path.startswith(".github/workflows/"):
        return True
    if not path.endswith(PAGES):
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
    """Return the only folder with a reported or hidden name in a path; "" for other paths."""
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


def _reads(files: Iterable[str], read: FileReader, reason: SkipReason) -> Iterator[Finding]:
    """Yield the reads of secrets in some files."""
    rule = csec34_rules()["CSEC34.environ-read"]
    for path in files:
        if not path.endswith(".py"):
            continue
        raw = read(path) or b""
        index = LineIndex(raw)
        for match in READ.finditer(raw):
            variable = match[1].decode()
            line, column = index.position(match.start())
            end_line, end_column = index.position(match.end())
            if is_secret(variable):
                yield Finding(
                    rule=rule.id,
                    path=path,
                    line=line,
                    column=column,
                    end_line=end_line,
                    end_column=end_column,
                    severity=rule.severity,
                    confidence=Confidence.HIGH,
                    message=rule.text(variable, variable),
                    name=variable,
                    env=variable,
                    reason=reason,
                )


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
    """Yield the path of each imported name, and whether it starts at the root of the app."""
    for found in find_imports(raw):
        target = found.target(path)
        is_relative = found.module.startswith(".")
        yield target, is_relative
        for name in found.names.values():
            yield f"{target}/{name}", is_relative
