"""Classify the files of an app, and find its import roots and the place for the runtime."""

from __future__ import annotations

import functools
import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import PACKAGE, is_runtime_module

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from shield_ai.model.manifest import Manifest

    Read = Callable[[str], bytes | None]

# The module after DJANGO_SETTINGS_MODULE, in Python, INI, YAML or a Dockerfile.
DJANGO_SETTINGS = regex(rb"DJANGO_SETTINGS_MODULE[\"'\s,=:}\])]{1,8}([A-Za-z_][\w.]*)")
# Files in which DJANGO_SETTINGS_MODULE can be the settings of the tests.
TEST_CONFIGS = frozenset(
    {"conftest.py", "noxfile.py", "pytest.ini", "setup.cfg", "tox.ini", "pyproject.toml"}
)
# A folder with the name of a test module, outside the folders with tests.
TEST_NAMED_FOLDER = regex(r"((?:(?!tests?/|testing/)[^/]+/)*?test_\w+)/")
# Names of files that can contain DJANGO_SETTINGS_MODULE.
STARTUP_FILES = regex(
    r"(manage|wsgi|asgi|celery|celery_app|conftest|noxfile|settings|run)\.py$"
    r"|(pytest\.ini|setup\.cfg|tox\.ini|pyproject\.toml|Dockerfile.*|Procfile"
    r"|[\w.-]*compose[\w.-]*\.ya?ml|\.env.*|uwsgi\.ini|Makefile)$"
)
SETTINGS = regex(
    r"(^|/)((\w+_)?(settings|config|configuration)(_\w+)?|conf|default_settings)"
    r"(\.(example|sample|template|dist))?\.py$"
    r"|(^|/)(settings|config|conf|configs|configuration)/([\w-]+/)*[\w.-]+\.py$"
)
# A file that users copy and fill in: its values are placeholders.
EXAMPLE = regex(r"(^|[/._-])(example|sample|template|dist)s?([._-]\w+)*\.py$")
NOT_SETTINGS = regex(
    r"(^|/)(urls|wsgi|asgi|celery|celery_app|gunicorn|gunicorn_conf|gunicorn_config|apps|models"
    r"|views)\.py$"
)
SPHINX = regex(r"(^|/)(docs?|documentation|sphinx)([-_]\w+)?/([\w-]+/)*conf\.py$")
TEST_FILES = regex(r"(test_\w+|\w+_tests?|conftest|tests?|testing|ci_settings)\.py$", re.IGNORECASE)
TEST_FOLDERS = regex(r"(^|/)(tests?|testing|test_\w+|e2e|fixtures)/", re.IGNORECASE)
TEST_SETTINGS = regex(
    r"(^|/)(settings|config|conf)/([\w-]+/)*(test|tests|testing|test_\w+|\w+_test)\.py$"
)
# Common names of subpackages, which are rarely on sys.path.
SUBPACKAGES = frozenset({"core", "config", "utils", "common"})
CONFIG_FOLDERS = frozenset({"config", "configs", "configuration", "settings"})
SKIPPED_FOLDERS = frozenset({
    "migrations", "docs", "doc", "node_modules",
    "vendor", "_vendor", "vendored", "third_party", "site-packages",
    "venv", ".venv", "env", "virtualenv", "build", "dist",
    ".git", ".shield", "__pycache__", ".tox", ".nox", ".eggs",
    "alembic", "project_template", "cookiecutter", "templates",
})  # fmt: skip
DUNDER_CONSTANT = regex(rb"(?m)^__\w+__\s*=\s*[\"'][^\"'\n]*[\"']\s*$")  # __version__ = "1.0"
VENDORED = "utils/secrets.py"
# The runtime's file if VENDORED is not possible. The standard library has no such module.
DEFAULT_RUNTIME = "aws_secrets.py"


class AppFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Properties of an app that draft and the fixers use in addition to its findings."""

    name: str
    settings: tuple[str, ...] = ()
    django_settings: tuple[str, ...] = ()  # settings files that DJANGO_SETTINGS_MODULE names
    roots: tuple[str, ...] = ("",)  # folders on sys.path, deepest first; "" is the app's folder
    runtime: str = DEFAULT_RUNTIME  # the path for a vendored runtime
    django: bool = False
    dotenv: bool = False  # the app loads .env into the environment
    app_packages: tuple[str, ...] = ()  # packages with names of tests that belong to the app
    accessor: str = "get_secret"  # the name of get_secret in the app's modules, free of conflicts
    runtime_init: str = ""  # the `__init__.py` that importing the runtime runs, unless it is empty

    def module(self, path: str) -> str:
        """Return the dotted name of a module of the app."""
        return dotted_name(path, self.root(path))

    def root(self, path: str) -> str:
        """Return the folder on `sys.path` that contains a module."""
        for root in self.roots:
            if not root or path.startswith(root + "/"):
                return root
        return ""

    def accessor_import(self, manifest: Manifest) -> str:
        """Return the line that imports `get_secret`."""
        runtime = manifest.app.runtime
        module = PACKAGE if runtime == "package" else self.module(runtime)
        alias = f" as {self.accessor}" if self.accessor != "get_secret" else ""
        return f"from {module} import get_secret{alias}"


def dotted_name(path: str, root: str) -> str:
    """Return the dotted name of a module below a root."""
    parts = PurePosixPath(path).relative_to(root or ".").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_test(path: str, app_packages: Iterable[str] = ()) -> bool:
    """Return True if a file belongs to the tests. The settings of tests do not.

    Args:
        path: The file.
        app_packages: Packages with names of tests that belong to the app.
    """
    for package in app_packages:
        if path.startswith(f"{package}/"):
            path = path[len(package) :]
            break
    folder, _, name = path.rpartition("/")
    return _is_test_folder(folder) or (bool(TEST_FILES.match(name)) and not is_test_settings(path))


@functools.lru_cache(maxsize=4096)
def _is_test_folder(folder: str) -> bool:
    return bool(TEST_FOLDERS.search(folder + "/"))


def is_test_settings(path: str) -> bool:
    """Return True if a file has the settings of the tests."""
    return bool(TEST_SETTINGS.search(path))


def is_settings(path: str) -> bool:
    """Return True if a file has the name of a settings file."""
    if "settings" not in path and "conf" not in path:
        return False  # faster than the regular expressions, for most paths
    if not SETTINGS.search(path) or SPHINX.search(path) or is_test(path) or is_test_settings(path):
        return False
    return "settings" in path.split("/") or not NOT_SETTINGS.search(path)


def is_example(path: str) -> bool:
    """Return True if a file has the name of an example that users copy."""
    return bool(EXAMPLE.search(path))


def find_django_settings(paths: Iterable[str], read: Read) -> dict[str, str]:
    """Map the settings files that DJANGO_SETTINGS_MODULE names to their import roots."""
    known = set(paths)
    found: dict[str, str] = {}
    for path in _startup_files(known):
        raw = read(path)
        if raw is None or b"DJANGO_SETTINGS_MODULE" not in raw:
            continue
        folder = path.rpartition("/")[0]
        for module in {match.decode() for match in DJANGO_SETTINGS.findall(raw)}:
            located = _locate_module(module, folder, known)
            if located:
                found.setdefault(*located)
    return found


def _startup_files(paths: Iterable[str]) -> list[str]:
    names = sorted(path for path in paths if STARTUP_FILES.match(path, path.rfind("/") + 1))
    return [path for path in names if not SKIPPED_FOLDERS.intersection(path.split("/"))]


def find_app_packages(paths: Collection[str], read: Read) -> tuple[str, ...]:
    """Return the packages with names of tests that contain the settings of the app itself."""
    folders = {path.rpartition("/")[0] for path in paths}
    if not any("test_" in folder for folder in folders):
        return ()
    app_files = {path for path in paths if path.rpartition("/")[2] not in TEST_CONFIGS}
    packages = set()
    for path in find_django_settings(app_files, read):
        match = TEST_NAMED_FOLDER.match(path)
        if match:
            packages.add(match[1])
    return tuple(sorted(packages))


def _locate_module(name: str, folder: str, known: set[str]) -> tuple[str, str] | None:
    """Return the file and the import root of a dotted name.

    The folder of the file with the name and its parents come first. Elsewhere in the app, the
    module must be unique.
    """
    module = name.strip(".").replace(".", "/")
    for root in _parents(folder):
        for candidate in (f"{module}.py", f"{module}/__init__.py"):
            path = f"{root}/{candidate}" if root else candidate
            if path in known:
                return path, root
    suffixes = (f"/{module}.py", f"/{module}/__init__.py")
    matches = [path for path in known if path.endswith(suffixes)]
    if len(matches) != 1:
        return None
    without_suffix = matches[0].removesuffix(".py").removesuffix("/__init__")
    return matches[0], without_suffix.removesuffix(module).rstrip("/")


def _parents(folder: str) -> list[str]:
    """Return a folder and its parents, up to the app's folder, which is empty."""
    parts = folder.split("/") if folder else []
    return ["/".join(parts[:depth]) for depth in range(len(parts), -1, -1)]


def import_root(path: str, known: set[str]) -> str:
    """Return the folder that contains the topmost package of a module."""
    folder = path.rpartition("/")[0]
    while folder and f"{folder}/__init__.py" in known:
        folder = folder.rpartition("/")[0]
    return folder


def find_roots(
    settings: Iterable[str], django_settings: dict[str, str], known: set[str], read: Read
) -> tuple[str, ...]:
    """Return the folders on `sys.path`, deepest first.

    Args:
        settings: The settings files, which must be importable.
        django_settings: The settings files of DJANGO_SETTINGS_MODULE, with their import roots.
        known: All files of the app.
        read: Returns the content of a file.
    """
    roots = set(django_settings.values())
    remaining = [path for path in settings if not _is_importable(path, roots)]
    # imports of the settings modules are more reliable than imports from their packages
    for find in (_root_of_module_imports, _root_of_package_imports):
        for path in remaining:
            if not _is_importable(path, roots):
                root = find(path, import_root(path, known), known, read)
                if root is not None:
                    roots.add(root)
    for path in remaining:
        if not _is_importable(path, roots):
            roots.add(_usual_root(path, import_root(path, known)))
    return tuple(sorted(roots or {""}, key=lambda root: (-root.count("/") - bool(root), root)))


def _is_importable(path: str, roots: Iterable[str]) -> bool:
    """Return True if all folders between a root and the file have names of packages."""
    for root in roots:
        if root and not path.startswith(f"{root}/"):
            continue
        folders = path.removeprefix(f"{root}/").split("/")[:-1]
        if all(folder.isidentifier() for folder in folders):
            return True
    return False


def _root_of_module_imports(path: str, folder: str, known: set[str], read: Read) -> str | None:
    """Return the root from which the app's files import a module.

    A package can lack `__init__.py`, so the root can also be a parent of its folder.

    Args:
        path: The module.
        folder: The folder that contains the module's topmost package with an `__init__.py`.
        known: All files of the app.
        read: Returns the content of a file.
    """
    if not folder:
        return None
    roots = {dotted_name(path, root).encode(): root for root in _parents(folder)}
    imports = _imports_of(roots, rb"(?:[ \t\r,;]|$)")
    everywhere: set[bytes] = set()
    inside: set[bytes] = set()  # imports in files below the root are more reliable
    for file, raw in _python_files(known, read):
        for name in imports.findall(raw):
            everywhere.add(name)
            if _is_below(file, roots[name]):
                inside.add(name)
    for names in (inside, everywhere):
        for name, root in roots.items():
            if name in names:
                return root
    return None


def _root_of_package_imports(path: str, folder: str, known: set[str], read: Read) -> str | None:
    """Return the root from which the app's files import most modules of the topmost package.

    Takes the same arguments as `_root_of_module_imports`.
    """
    roots = _packages(path, folder)
    if not folder or not roots:
        return None
    imports = _imports_of(roots, rb"(?:\.| import \(?\s*)(\w+)")
    everywhere: Counter[bytes] = Counter()
    inside: Counter[bytes] = Counter()
    for file, raw in _python_files(known, read):
        for package, name in imports.findall(raw):
            root = roots[package]
            if _is_module(root, package, name, known):
                everywhere[package] += 1
                if _is_below(file, root):
                    inside[package] += 1
    counts = inside or everywhere
    return roots[max(counts, key=lambda package: counts[package])] if counts else None


def _packages(path: str, folder: str) -> dict[bytes, str]:
    """Map the possible names of a module's topmost package to their roots."""
    packages = {}
    for root in _parents(folder):
        package, dot, _ = dotted_name(path, root).encode().partition(b".")
        if dot:
            packages[package] = root
    return packages


def _imports_of(names: Iterable[bytes], end: bytes) -> re.Pattern[bytes]:
    alternatives = b"|".join(map(re.escape, names))
    return re.compile(rb"(?m)^[ \t]*(?:from|import)[ \t]+(" + alternatives + rb")" + end)


def _python_files(known: set[str], read: Read) -> Iterator[tuple[str, bytes]]:
    for path in sorted(known):
        if path.endswith(".py"):
            yield path, read(path) or b""


def _is_below(path: str, root: str) -> bool:
    return not root or path.startswith(f"{root}/")


def _is_module(root: str, package: bytes, name: bytes, known: set[str]) -> bool:
    """Return True if a package contains a module or subpackage of that name."""
    prefix = f"{root}/" if root else ""
    path = f"{prefix}{package.decode()}/{name.decode()}"
    return f"{path}.py" in known or any(file.startswith(f"{path}/") for file in known)


def _usual_root(path: str, folder: str) -> str:
    """Return the root by common names: the module `app/core/config.py` is app.core.config."""
    while folder:
        parent, _, name = folder.rpartition("/")
        child = path.removeprefix(f"{folder}/").partition("/")[0]
        is_subpackage = name in SUBPACKAGES | CONFIG_FOLDERS
        if not is_subpackage and child not in SUBPACKAGES - {"config"}:
            break
        folder = parent
    return folder


def choose_runtime_path(settings: str, root: str, known: set[str], read: Read) -> str:
    """Return the path for a vendored runtime that the settings can import.

    Importing `pkg.utils.secrets` runs `pkg/__init__.py`, which the import of `pkg.settings` has
    already run, and `pkg/utils/__init__.py`, which must therefore be empty.

    Args:
        settings: The settings file.
        root: The import root of the settings file.
        known: All files of the app.
        read: Returns the content of a file.
    """
    package = settings.rpartition("/")[0].removeprefix(root).strip("/").split("/")[0]
    folder = "/".join(part for part in (root, package) if part)
    if package and _has_room_for_runtime(folder, known, read):
        return f"{folder}/{VENDORED}"
    return f"{folder}/{DEFAULT_RUNTIME}" if folder else DEFAULT_RUNTIME


def _has_room_for_runtime(package: str, known: set[str], read: Read) -> bool:
    """Return True if `utils/secrets.py` can be added to a package."""
    utils = f"{package}/utils"
    module = f"{utils}/secrets.py"
    if f"{utils}.py" in known or any(path.startswith(f"{package}/secrets/") for path in known):
        return False
    if module in known and not is_runtime_module(read(module)):
        return False
    init = read(f"{utils}/__init__.py")
    return init is None or _is_empty_init(init)


def nonempty_init(runtime: str, root: str, known: set[str], read: Read) -> str:
    """Return the `__init__.py` of the runtime's package; an empty string if it runs no code."""
    package = runtime.removeprefix(f"{root}/").partition("/")[0]
    path = f"{root}/{package}/__init__.py" if root else f"{package}/__init__.py"
    init = read(path) if path in known else None
    if init is None or _is_empty_init(DUNDER_CONSTANT.sub(b"", init)):
        return ""
    return path


def _is_empty_init(raw: bytes) -> bool:
    """Return True if an `__init__.py` has only comments and a docstring."""
    docstring = rb"(?s)^\s*(\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\n]*\"|'[^'\n]*')"
    code = re.sub(docstring, b"", raw.strip())
    return not re.sub(rb"(?m)^\s*#.*$", b"", code).strip()
