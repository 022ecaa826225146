"""How an app lies on disk: which files are settings, where `sys.path` begins, where the runtime can live."""

from __future__ import annotations

import functools
import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from shield_ai.model.manifest import Manifest

    Read = Callable[[str], bytes | None]

# Where the settings module is named, in whatever syntax: manage.py, wsgi.py, pytest.ini, Dockerfile …
NAMED = regex(rb"DJANGO_SETTINGS_MODULE[\"'\s,=:}\])]{1,8}([A-Za-z_][\w.]*)")
FOR_TESTS = frozenset(
    {"conftest.py", "noxfile.py", "pytest.ini", "setup.cfg", "tox.ini", "pyproject.toml"}
)
SERVED = regex(r"((?:(?!tests?/|testing/)[^/]+/)*?test_\w+)/")
NAMING = regex(  # without folders
    r"(manage|wsgi|asgi|celery|celery_app|conftest|noxfile|settings|run)\.py$"
    r"|(pytest\.ini|setup\.cfg|tox\.ini|pyproject\.toml|Dockerfile.*|Procfile|[\w.-]*compose[\w.-]*\.ya?ml"
    r"|\.env.*|uwsgi\.ini|Makefile)$"
)
SETTINGS = regex(
    r"(^|/)((\w+_)?(settings|config|configuration)(_\w+)?|conf|default_settings)(\.(example|sample|template|dist))?\.py$"
    r"|(^|/)(settings|config|conf|configs|configuration)/([\w-]+/)*[\w.-]+\.py$"
)
# Is copied, and filled in: its values stand for others.
EXAMPLE = regex(r"(^|[/._-])(example|sample|template|dist)s?([._-]\w+)*\.py$")
NOT_SETTINGS = regex(
    r"(^|/)(urls|wsgi|asgi|celery|celery_app|gunicorn|gunicorn_conf|gunicorn_config|apps|models|views)\.py$"
)
SPHINX = regex(r"(^|/)(docs?|documentation|sphinx)([-_]\w+)?/([\w-]+/)*conf\.py$")
# without folders
TEST_FILES = regex(r"(test_\w+|\w+_tests?|conftest|tests?|testing|ci_settings)\.py$", re.IGNORECASE)
TEST_FOLDERS = regex(r"(^|/)(tests?|testing|test_\w+|e2e|fixtures)/", re.IGNORECASE)
TEST_SETTINGS = regex(
    r"(^|/)(settings|config|conf)/([\w-]+/)*(test|tests|testing|test_\w+|\w+_test)\.py$"
)
# of an app; its first folder is rarely called so
PARTS = frozenset({"core", "config", "utils", "common"})
# of files that are often loaded by their path
CONFIGS = frozenset({"config", "configs", "configuration", "settings"})
SKIPPED_FOLDERS = frozenset(
    {
        "migrations",
        "docs",
        "doc",
        "node_modules",
        "vendor",
        "_vendor",
        "vendored",
        "third_party",
        "site-packages",
    }
    | {
        "venv",
        ".venv",
        "env",
        "virtualenv",
        "build",
        "dist",
        ".git",
        ".shield",
        "__pycache__",
        ".tox",
        ".nox",
        ".eggs",
    }
    | {"alembic", "project_template", "cookiecutter", "templates"}
)
NAMED_CONSTANT = regex(rb"(?m)^__\w+__\s*=\s*[\"'][^\"'\n]*[\"']\s*$")  # __version__ = "1.0"
VENDORED = "utils/secrets.py"  # the plan's place
BESIDE = "aws_secrets.py"  # where that is taken: no module of this name is in the standard library


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What draft and the fixers need to know of an app besides its findings."""

    name: str
    settings: tuple[str, ...] = ()
    named: tuple[str, ...] = ()  # those of them that Django is told to load
    roots: tuple[str, ...] = ("",)  # folders on sys.path, deepest first; "" is the app itself
    runtime: str = BESIDE  # where a vendored copy would go
    django: bool = False
    dotenv: bool = False  # something loads .env into the environment
    served: tuple[str, ...] = ()  # packages that are called like tests, and are none
    # how the app's modules call it: some have a function of that name themselves
    accessor: str = "get_secret"
    runs: str = ""  # the `__init__.py` that importing the runtime runs, where it does anything

    def module(self, path: str) -> str:
        """Return the dotted name under which a module of the app is imported."""
        return dotted(path, self.root(path))

    def root(self, path: str) -> str:
        """Return the folder on `sys.path` that a module lies below."""
        return next((root for root in self.roots if not root or path.startswith(root + "/")), "")

    def accessor_import(self, manifest: Manifest) -> str:
        """Return the line that imports `get_secret` in this app."""
        runtime = manifest.app.runtime
        module = "shield_ai" if runtime == "package" else self.module(runtime)
        alias = f" as {self.accessor}" if self.accessor != "get_secret" else ""
        return f"from {module} import get_secret{alias}"


def dotted(path: str, root: str) -> str:
    """Return the dotted name of a module below a root."""
    parts = PurePosixPath(path).relative_to(root or ".").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_test(path: str, served: Iterable[str] = ()) -> bool:
    """Tell whether a file belongs to the tests; settings that only the tests use do not.

    Args:
        path: Of the file.
        served: Packages that are none, whatever they are called: the app runs on settings in them.
    """
    path = next((path[len(top) :] for top in served if path.startswith(f"{top}/")), path)
    folder, _, name = path.rpartition("/")
    return _for_tests(folder) or (bool(TEST_FILES.match(name)) and not is_test_settings(path))


@functools.lru_cache(maxsize=4096)
def _for_tests(folder: str) -> bool:
    return bool(TEST_FOLDERS.search(folder + "/"))


def is_test_settings(path: str) -> bool:
    """Tell whether a file holds the settings of the tests."""
    return bool(TEST_SETTINGS.search(path))


def is_settings(path: str) -> bool:
    """Tell from its name whether a file holds settings."""
    if "settings" not in path and "conf" not in path:
        return False  # most paths: a search of each for the words costs much more
    if not SETTINGS.search(path) or SPHINX.search(path) or is_test(path) or is_test_settings(path):
        return False
    return "settings" in path.split("/") or not NOT_SETTINGS.search(path)


def is_example(path: str) -> bool:
    """Tell from its name whether a file of settings is there to be copied."""
    return bool(EXAMPLE.search(path))


def _naming(paths: Iterable[str]) -> list[str]:
    """Return the files that may name a settings module."""
    found = sorted(path for path in paths if NAMING.match(path, path.rfind("/") + 1))
    return [path for path in found if not SKIPPED_FOLDERS.intersection(path.split("/"))]


def named_settings(paths: Iterable[str], read: Read) -> dict[str, str]:
    """Map each Django settings file that the app names by its dotted name to the root that the name starts from."""
    known = set(paths)
    found: dict[str, str] = {}
    for path in _naming(known):
        raw = read(path)
        if raw is None or b"DJANGO_SETTINGS_MODULE" not in raw:
            continue
        folder = path.rpartition("/")[0]
        for name in {match.decode() for match in NAMED.findall(raw)}:
            if place := _locate(name, folder, known):
                found.setdefault(*place)
    return found


def served_packages(paths: Collection[str], read: Read) -> tuple[str, ...]:
    """Return the packages that are called like tests, but hold the settings that the app itself runs on."""
    if not any("test_" in folder for folder in {path.rpartition("/")[0] for path in paths}):
        return ()
    serving = {path for path in paths if path.rpartition("/")[2] not in FOR_TESTS}
    found = (SERVED.match(path) for path in named_settings(serving, read))
    return tuple(sorted({match[1] for match in found if match}))


def _locate(name: str, folder: str, known: set[str]) -> tuple[str, str] | None:
    """Find the file of a dotted name: below the naming file's own folder or one above it, else anywhere."""
    tail = name.strip(".").replace(".", "/")
    above = folder.split("/") if folder else []
    for depth in range(len(above), -1, -1):
        root = "/".join(above[:depth])
        for candidate in (f"{tail}.py", f"{tail}/__init__.py"):
            path = f"{root}/{candidate}" if root else candidate
            if path in known:
                return path, root
    ends = [path for path in known if path.endswith((f"/{tail}.py", f"/{tail}/__init__.py"))]
    if len(ends) != 1:
        return None
    return ends[0], ends[0].removesuffix(".py").removesuffix("/__init__").removesuffix(tail).rstrip(
        "/"
    )


def root_of(path: str, known: set[str]) -> str:
    """Return the folder above the topmost package that a module lies in."""
    folder = path.rpartition("/")[0]
    while folder and f"{folder}/__init__.py" in known:
        folder = folder.rpartition("/")[0]
    return folder


def _imported_from(
    path: str, folder: str, known: set[str], read: Read, *, whole: bool = True
) -> str | None:
    """Return the folder that the app's imports of a module start from: a package need have no `__init__.py`.

    Args:
        path: Of the module.
        folder: Above its topmost package; the one that is looked for is this one or above it.
        known: Every file of the app.
        read: Gives the bytes of a file.
        whole: Look for imports of the module; else for those of anything in its topmost package.
    """
    parts = folder.split("/") if folder else []
    roots = ["/".join(parts[:depth]) for depth in reversed(range(len(parts) + 1))]
    names = {dotted(path, root).encode(): root for root in roots}
    if not whole:
        names = {name.partition(b".")[0]: root for name, root in names.items() if b"." in name}
    if not parts or not names:
        return None
    spelled = b"|".join(re.escape(name) for name in names)
    end = rb"()(?:[ \t\r,;]|$)" if whole else rb"(?:\.| import \(?\s*)(\w+)"
    imports = re.compile(rb"(?m)^[ \t]*(?:from|import)[ \t]+(" + spelled + rb")" + end)
    # of the files below the folder in question, which know it best
    inside: Counter[bytes] = Counter()
    found: Counter[bytes] = Counter()
    for file in sorted(known):
        if file.endswith(".py"):
            seen = imports.findall(read(file) or b"")
            here = [
                name for name, below in seen if whole or _is_module(names[name], name, below, known)
            ]
            found.update(here)
            inside.update(
                name for name in here if not names[name] or file.startswith(f"{names[name]}/")
            )
    if whole:
        return next(
            (root for seen in (inside, found) for name, root in names.items() if seen[name]), None
        )
    best = inside or found
    return names[max(best, key=lambda name: best[name])] if best else None


def _is_module(root: str, package: bytes, name: bytes, known: set[str]) -> bool:
    """Whether what is imported from a package is one of the modules in it, and not made by an `__init__.py`."""
    path = (
        f"{root}/{package.decode()}/{name.decode()}"
        if root
        else f"{package.decode()}/{name.decode()}"
    )
    return f"{path}.py" in known or any(file.startswith(f"{path}/") for file in known)


def _usual(path: str, folder: str) -> str:
    """Go up from folders that are hardly ever where imports start: `app/core/config.py` is app.core.config."""
    while folder:
        above, _, name = folder.rpartition("/")
        if name not in PARTS | CONFIGS and path.removeprefix(f"{folder}/").partition("/")[
            0
        ] not in PARTS - {"config"}:
            break
        folder = above
    return folder


def find_roots(
    settings: Iterable[str], named: dict[str, str], known: set[str], read: Read
) -> tuple[str, ...]:
    """Return the folders on `sys.path`, deepest first: by the names that Django is given, else by packages."""
    roots = set(named.values())
    todo = [path for path in settings if not _covered(path, roots)]
    for whole in (True, False):  # what is known for sure goes first
        for path in todo:
            if not _covered(path, roots):
                found = _imported_from(path, root_of(path, known), known, read, whole=whole)
                roots |= {found} if found is not None else set()
    for path in todo:
        if not _covered(path, roots):
            roots.add(_usual(path, root_of(path, known)))
    return tuple(sorted(roots or {""}, key=lambda root: (-root.count("/") - bool(root), root)))


def _covered(path: str, roots: Iterable[str]) -> bool:
    """Whether a file can be imported from one of these folders: each folder down to it has the name of a package."""
    below = (
        path.removeprefix(f"{root}/") for root in roots if not root or path.startswith(f"{root}/")
    )
    return any(all(part.isidentifier() for part in rest.split("/")[:-1]) for rest in below)


def runtime_place(settings: str, root: str, known: set[str], read: Read) -> str:
    """Choose where a vendored runtime can be imported from by the settings without running anything else.

    Importing `pkg.utils.secrets` runs `pkg/__init__.py`, which importing `pkg.settings` has run already, and
    `pkg/utils/__init__.py`, which therefore must be empty. A name directly on `sys.path` hides nobody else's.
    """
    package = settings.rpartition("/")[0].removeprefix(root).strip("/").split("/")[0]
    base = f"{root}/{package}" if root and package else root or package
    if not package:
        return f"{root}/{BESIDE}" if root else BESIDE
    utils = f"{base}/utils"
    taken = f"{utils}.py" in known or any(p.startswith(f"{base}/secrets/") for p in known)
    if f"{utils}/secrets.py" in known and not is_runtime(read(f"{utils}/secrets.py")):
        taken = True
    init = read(f"{utils}/__init__.py")
    if not taken and (init is None or _trivial(init)):
        return f"{base}/{VENDORED}"
    return f"{base}/{BESIDE}"


def runs(runtime: str, root: str, known: set[str], read: Read) -> str:
    """Return the `__init__.py` of the package that a runtime is put into; empty where it does nothing."""
    package = runtime.removeprefix(f"{root}/").partition("/")[0]
    path = f"{root}/{package}/__init__.py" if root else f"{package}/__init__.py"
    init = read(path) if path in known else None
    return "" if init is None or _trivial(NAMED_CONSTANT.sub(b"", init)) else path


def is_runtime(raw: bytes | None) -> bool:
    """Tell a copy of the runtime, of whatever version, from a module that only has its name."""
    return (
        raw is not None and b"class SecretsManagerClient" in raw and b"AWS_SECRETS_FALLBACK" in raw
    )


def _trivial(raw: bytes) -> bool:
    """Whether a package's `__init__` runs nothing: empty but for comments and a docstring."""
    text = re.sub(rb"(?s)^\s*(\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\n]*\"|'[^'\n]*')", b"", raw.strip())
    return not re.sub(rb"(?m)^\s*#.*$", b"", text).strip()
