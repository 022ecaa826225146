"""Determine the properties of an app: its settings files, import roots and runtime path."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.flask_config import find_settings_loads
from shield_ai.project.import_roots import find_roots
from shield_ai.project.layout import (
    AppFacts,
    find_app_packages,
    find_django_settings,
    find_missing_settings,
    is_alembic_environment,
    is_env_example,
    is_settings,
    is_task_file,
    is_test,
)
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import copied_folder, is_copied_file, is_runtime_module
from shield_ai.project.runtime_path import (
    DEFAULT_RUNTIME,
    choose_runtime_path,
    nonempty_init,
)
from shield_ai.scan.files.file_filter import ENV_READ, PATTERNS, QUOTED_NAME, SECRET_WORD
from shield_ai.scan.python.app.import_packages import Packages, find_packages
from shield_ai.scan.python.app.import_statements import find_imports
from shield_ai.scan.python.app.lazy_markers import complete_markers
from shield_ai.scan.python.app.own_stages import uses_django_env
from shield_ai.scan.python.app.region import find_region

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shield_ai.model.file_reader import FileReader
    from shield_ai.scan.files.file_filter import Markers

# Names under which an app can import get_secret, in the order of preference.
ACCESSOR_NAMES = ("get_secret", "aws_get_secret", "shield_get_secret")
# https://django-split-settings.readthedocs.io
INCLUDED = regex(rb"[\"']([\w./*-]{1,100}\.py)[\"']")
# The ends of the names of modules that define the runtime's get_secret().
RUNTIME_MODULES = ("secrets", "shield_ai", "shield_runtime")


class AppFiles(NamedTuple):
    """The files of an app, and how to read them."""

    paths: set[str]
    read: FileReader
    markers: Mapping[str, Markers]  # of the Python files that were already searched, by path

    def python(self) -> set[str]:
        """Return the paths of the Python files."""
        return {path for path in self.paths if path.endswith(".py")}

    def with_marker(self, name: str) -> Iterator[tuple[str, bytes]]:
        """Yield the path and the bytes of each Python file with a marker.

        Args:
            name: The name of the marker, a field of `Markers`.
        """
        for path in self.python():
            markers = self.markers.get(path)
            if markers is not None:
                if getattr(markers, name):
                    yield path, self.read(path) or b""
            else:
                raw = self.read(path) or b""
                if PATTERNS[name].search(raw):
                    yield path, raw


def open_files(
    paths: Iterable[str], read: FileReader, markers: Mapping[str, Markers | None]
) -> AppFiles:
    """Return the files of an app.

    Args:
        paths: Their paths.
        read: Returns the bytes of a file; None if it can't be read.
        markers: The markers of the Python files that were already searched, by path; None if they
            are not known.
    """
    return AppFiles(set(paths), read, complete_markers(markers, read))


def collect_facts(name: str, files: AppFiles) -> AppFacts:
    """Determine the properties of an app.

    Args:
        name: The name of the app.
        files: All files of the app.
    """
    paths, read = files.paths, files.read
    django_settings = find_django_settings(paths, read)
    app_packages = find_app_packages(paths, read)
    settings = {p for p in files.python() if is_settings(p) and not copied_folder(p)}
    settings.update(path for path in django_settings if not is_test(path, app_packages))
    includers = _find_includers(settings, files.python(), read)
    settings.update(includers)
    main_module = "" if settings else _module_with_reads(files, app_packages)
    roots = find_roots(
        sorted(settings) or filter(None, [main_module]), django_settings, paths, read
    )
    main_settings = _main_settings(settings, django_settings, roots, read) or main_module
    packages = Packages(_root_of(main_settings, roots), roots)
    if not django_settings:
        packages = find_packages(main_settings, packages, paths, read)
    root = packages.root
    runtime = DEFAULT_RUNTIME
    if main_settings:
        anchor = find_missing_settings(paths, read)
        if not anchor or not anchor.startswith(root):
            anchor = main_settings
        runtime = choose_runtime_path(anchor, root, paths, read, settings)
    init = nonempty_init(runtime, root, read)
    django = bool(django_settings) or _has_installed_apps(settings, read)
    examples = tuple(sorted(filter(is_env_example, paths)))
    return AppFacts(
        name=name,
        settings=tuple(sorted(settings)),
        django_settings=tuple(sorted(set(django_settings) & settings)),
        includers=includers,
        roots=packages.roots,
        relative_package=packages.relative,
        namespace_package=packages.namespace,
        runtime=runtime,
        django=django,
        uses_django_env=django and uses_django_env(paths, read, app_packages),
        has_pydantic_settings=_has_settings_classes(files),
        loads_dotenv=_has_marker("dotenv_load", files, app_packages),
        reads_dotenv=_has_marker("dotenv_read", files, app_packages),
        env_examples=examples,
        region=find_region((*sorted(settings), *examples), read),
        app_packages=app_packages,
        accessor=_accessor_name(files),
        runtime_init=init,
        settings_loads=find_settings_loads(init.rpartition("/")[0], settings, paths, read),
    )


def _find_includers(settings: set[str], python_files: set[str], read: FileReader) -> dict[str, str]:
    """Map the files that settings include with django-split-settings to those settings."""
    includers: dict[str, str] = {}
    for path in sorted(settings):
        raw = read(path) or b""
        if b"split_settings" not in raw:
            continue
        folder = path.removesuffix(path.rpartition("/")[2])
        for pattern in INCLUDED.findall(raw):
            for included in fnmatch.filter(python_files, folder + pattern.decode()):
                if included != path:
                    includers.setdefault(included, path)
    return includers


def _has_installed_apps(settings: set[str], read: FileReader) -> bool:
    return any(b"INSTALLED_APPS" in (read(path) or b"") for path in settings)


def _module_with_reads(files: AppFiles, app_packages: tuple[str, ...]) -> str:
    """Return the module with the most secrets in an app without settings.

    Modules directly in the app's folder can import the runtime from there, without a package.
    """
    weights = {}
    for path, raw in files.with_marker("env_read"):
        if not is_test(path, app_packages) and not is_alembic_environment(path):
            weights[path] = _secret_weight(raw)
    reading = [path for path, (reads, _) in weights.items() if reads]
    if any("/" not in path for path in reading):
        return ""
    return max(sorted(reading), key=weights.__getitem__, default="")


def _has_marker(name: str, files: AppFiles, app_packages: tuple[str, ...]) -> bool:
    """Return whether a file has a marker, outside the tests and the tools of developers."""
    for path, raw in files.with_marker(name):
        if raw and not is_test(path, app_packages) and not is_task_file(path):
            return True
    return False


def _main_settings(
    settings: set[str], django_settings: dict[str, str], roots: tuple[str, ...], read: FileReader
) -> str:
    """Choose the settings file that determines the runtime's path: the one with the most secrets.

    Without DJANGO_SETTINGS_MODULE, a settings file directly in a folder on `sys.path` that reads
    secrets takes precedence, because the app's packages can import modules from there. This
    layout is common in Flask apps.
    """
    candidates = sorted(set(django_settings) & settings or settings)
    if not candidates:
        return ""
    best = candidates[0]
    if len(candidates) > 1:
        best = max(candidates, key=lambda path: _secret_weight(read(path) or b""))
    if django_settings:
        return best
    root = _root_of(best, roots)
    for path in candidates:
        folder = path.rpartition("/")[0]
        reads_secrets, _ = _secret_weight(read(path) or b"")
        if folder == root and reads_secrets:
            return path
    return best


def _root_of(path: str, roots: tuple[str, ...]) -> str:
    for root in roots:
        if not root or path.startswith(f"{root}/"):
            return root
    return ""


def _secret_weight(raw: bytes) -> tuple[bool, int]:
    """Return a sort key: files that read secrets sort last, by the number of secret-like words."""
    reads = b"BaseSettings" in raw or (ENV_READ.search(raw) and QUOTED_NAME.search(raw))
    return bool(reads), len(SECRET_WORD.findall(raw))


def _has_settings_classes(files: AppFiles) -> bool:
    for path, raw in files.with_marker("secret_api"):
        if b"BaseSettings" in raw and not is_copied_file(path):
            return True
    return False


def _accessor_name(files: AppFiles) -> str:
    """Choose a name for get_secret that no module of the app uses for something else."""
    importers = []
    for path, raw in files.with_marker("secret_api"):
        if b"get_secret" in raw and not is_copied_file(path) and not is_runtime_module(raw):
            importers.append(raw)
    for name in ACCESSOR_NAMES:
        if not any(_binds_otherwise(raw, name) for raw in importers):
            return name
    return ACCESSOR_NAMES[-1]


def _binds_otherwise(raw: bytes, name: str) -> bool:
    """Return whether a module binds a name to something other than the runtime's function.

    A method of that name does not conflict: it is only called through its object.
    """
    if name.encode() not in raw:
        return False
    for found in find_imports(raw):
        if name in found.names and not found.module.endswith(RUNTIME_MODULES):
            return True
    bound = (
        rf"(?m)^[ \t]*(?:(?:async )?def {name}\b(?!\(\s{{0,100}}(?:self|cls)\b)"
        rf"|{name}[ \t]*=(?!=))"
    )
    return re.search(bound.encode(), raw) is not None
