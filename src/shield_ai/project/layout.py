"""Classify the files of an app: settings, tests, examples and packages of the app."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import msgspec

from shield_ai.project.flask_config import SettingsLoads
from shield_ai.project.import_roots import dotted_name, folder_and_parents
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import DJANGO_STAGE, OTHER_STAGE, PACKAGE
from shield_ai.project.runtime_path import DEFAULT_RUNTIME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest


# The module after DJANGO_SETTINGS_MODULE, in Python, INI, YAML or a Dockerfile.
DJANGO_SETTINGS = regex(rb"DJANGO_SETTINGS_MODULE[\"'\s,=:}\])]{1,8}([A-Za-z_][\w.]*)")
# Files in which DJANGO_SETTINGS_MODULE can name settings for tests.
TEST_CONFIGS = frozenset(
    {"conftest.py", "noxfile.py", "pytest.ini", "setup.cfg", "tox.ini", "pyproject.toml"}
)
# A folder with a name like test_x that is not inside a folder with tests.
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
EXAMPLE = regex(r"(^|[/._-])(example|sample|template|dist|dummy|fake)s?([._-]\w+)*\.py$")
# An example of a .env file in lower case: .env.example, env_sample, .env.prod-template,
# .env.example.docker, example.env, production.example.env, envs-example/dev.env.
ENV_EXAMPLE_WORD = (
    r"(example|sample|template|dist|defaults?|model|skel(eton)?|stub|blank|tmpl|tpl|boilerplate"
    r"|exemple|exemplo|ejemplo|beispiel|modelo)"
)
ENV_EXAMPLE = regex(
    r"(^|/)(\.?([a-z]\w*\.)?(dot)?(env|environment)"
    r"([._-](?!(py|ya?ml|json|js|ts|sh|toml|ini|php)\b)[a-z0-9]+)*?"
    rf"[._-]{ENV_EXAMPLE_WORD}(\.(docker|local|txt|env))?"
    rf"|\.?([a-z]\w*[.-])?{ENV_EXAMPLE_WORD}[._-](dot)?env"
    r"|\.?envs?[._-](example|sample|template)s?/[\w.-]*\.env)$"
)
NOT_SETTINGS = regex(
    r"(^|/)(urls|wsgi|asgi|celery|celery_app|gunicorn|gunicorn_conf|gunicorn_config|apps|models"
    r"|views)\.py$"
    # the pages on which users change settings
    r"|(^|/)(blueprints|controllers|endpoints|routers|routes|views)/[^/]+$"
    # of a database
    r"|(^|/)models/\w+_(config|configuration|settings)\.py$"
)
SPHINX = regex(r"(^|/)(docs?|documentation|sphinx)([-_]\w+)?/([\w-]+/)*conf\.py$")
TASK_FILE = regex(r"(?:^|/)(?:fabfile|noxfile|dodo|locustfile)\.py$")
TEST_FILES = regex(r"(test_\w+|\w+_tests?|conftest|tests?|testing|ci_settings)\.py$", re.IGNORECASE)
TEST_FOLDERS = regex(
    r"(^|/)(_?tests?|testing|test_\w+|e2e|fixtures"
    r"|(unit|e2e|regression|smoke|func|functional|integration)_?tests?)/",
    re.IGNORECASE,
)
TEST_SETTINGS = regex(
    r"(^|/)(settings|config|conf)/([\w-]+/)*"
    r"(ci|circleci|github|gitlab|jenkins|travis|test|tests|testing|test_\w+|\w+_test)\.py$"
    r"|(^|/)(settings_((py)?test(s|ing)?|ci)|(py)?tests?_settings)\.py$"
)
SKIPPED_FOLDERS = frozenset({
    "migrations", "docs", "doc", "node_modules",
    "vendor", "_vendor", "vendored", "third_party", "site-packages",
    "venv", ".venv", "env", "virtualenv", "build", "dist",
    ".git", ".shield", "__pycache__", ".tox", ".nox", ".eggs",
    "alembic", "project_template", "cookiecutter", "templates",
})  # fmt: skip


class AppFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Properties of an app that draft and the rewriting use in addition to its findings."""

    name: str
    settings: tuple[str, ...] = ()
    django_settings: tuple[str, ...] = ()  # settings files that DJANGO_SETTINGS_MODULE names
    includers: dict[str, str] = {}  # file that split_settings includes -> settings
    roots: tuple[str, ...] = ("",)  # folders on sys.path, deepest first; "" is the app's folder
    # A package whose name is not known, or not the same everywhere: imports in it are relative.
    relative_package: str = ""
    # The package without `__init__.py` that is the app: folders beside it are other programs.
    namespace_package: str = ""
    runtime: str = DEFAULT_RUNTIME  # the path for a vendored runtime
    django: bool = False
    uses_django_env: bool = False  # the project names DJANGO_ENV, with the values of the runtime
    has_pydantic_settings: bool = False  # the app has settings classes of pydantic
    loads_dotenv: bool = False  # the app loads .env into the environment
    reads_dotenv: bool = False  # a library reads .env, perhaps without loading it
    env_examples: tuple[str, ...] = ()  # examples of a .env file
    app_packages: tuple[str, ...] = ()  # packages with test-like names that belong to the app
    accessor: str = "get_secret"  # the name of get_secret in the app's modules, without conflicts
    region: str = ""  # the AWS region that the settings name; empty without one
    runtime_init: str = ""  # the `__init__.py` that importing the runtime runs, unless it is empty
    settings_loads: SettingsLoads = SettingsLoads()  # of the package with this `__init__.py`

    @property
    def stage(self) -> str:
        """The variable that tells the runtime whether the process serves production."""
        return DJANGO_STAGE if self.uses_django_env else OTHER_STAGE

    def module(self, path: str) -> str:
        """Return the dotted name of a module of the app."""
        return dotted_name(path, self.root(path))

    def root(self, path: str) -> str:
        """Return the folder on `sys.path` that contains a module."""
        for root in self.roots:
            if not root or path.startswith(root + "/"):
                return root
        return ""

    def test_module(self, path: str) -> str:
        """Return the dotted name by which tests import a module of the relative package.

        Returns:
            "" for other modules.
        """
        if not self.relative_package or not path.startswith(f"{self.relative_package}/"):
            return ""
        roots = [root for root in self.roots if not root or path.startswith(f"{root}/")]
        return dotted_name(path, roots[-1])

    def accessor_import(self, manifest: Manifest) -> str:
        """Return the line that imports `get_secret`."""
        runtime = manifest.app.runtime
        module = PACKAGE if runtime == "package" else self.module(runtime)
        alias = f" as {self.accessor}" if self.accessor != "get_secret" else ""
        return f"from {module} import get_secret{alias}"


def relative_module(path: str, target: str) -> str:
    """Return the relative name of a module in an import: `..utils.secrets`.

    Args:
        path: The importing module.
        target: The imported module.
    """
    folders, names = path.split("/")[:-1], target.removesuffix(".py").split("/")
    common = 0
    while common < min(len(folders), len(names) - 1) and folders[common] == names[common]:
        common += 1
    return "." * (len(folders) - common + 1) + ".".join(names[common:])


def is_task_file(path: str) -> bool:
    """Return whether Fabric, nox, doit or Locust runs a file on the computer of a developer."""
    return TASK_FILE.search(path) is not None


def is_test(path: str, app_packages: Iterable[str] = ()) -> bool:
    """Return True if a file belongs to the tests. A file such as settings/test.py does not.

    Args:
        path: The file.
        app_packages: Packages with test-like names that belong to the app.
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
    """Return True if a file has the name of settings for tests."""
    return bool(TEST_SETTINGS.search(path))


def is_settings(path: str) -> bool:
    """Return True if a file has the name of a settings file."""
    if "settings" not in path and "conf" not in path:
        return False  # faster than the regular expressions, for most paths
    if not SETTINGS.search(path) or SPHINX.search(path) or is_test(path) or is_test_settings(path):
        return False
    return "settings" in path.split("/") or not NOT_SETTINGS.search(path)


def is_alembic_environment(path: str) -> bool:
    """Return True for the script of the app that Alembic runs before each migration."""
    return path.endswith(("alembic/env.py", "migrations/env.py"))


def is_example(path: str) -> bool:
    """Return True if a file has the name of an example that users copy."""
    return bool(EXAMPLE.search(path))


def is_env_example(path: str) -> bool:
    """Return True if a file has the name of an example of a .env file."""
    path = path.lower()
    return "env" in path and bool(ENV_EXAMPLE.search(path))


def find_django_settings(paths: Iterable[str], read: FileReader) -> dict[str, str]:
    """Map the settings files that DJANGO_SETTINGS_MODULE names to their import roots, in order."""
    known = set(paths)
    found: dict[str, str] = {}
    for path in _startup_files(known):
        raw = read(path)
        if raw is None or b"DJANGO_SETTINGS_MODULE" not in raw:
            continue
        folder = path.rpartition("/")[0]
        for module in dict.fromkeys(DJANGO_SETTINGS.findall(raw)):
            located = _locate_module(module.decode(), folder, known)
            if located:
                found.setdefault(*located)
    return found


def find_missing_settings(paths: Iterable[str], read: FileReader) -> str:
    """Return the path of the settings that manage.py names and the app's packages lack.

    Such a file is not committed: each developer copies it from a template.

    Returns:
        "" if it exists, or if its package does not.
    """
    known = set(paths)
    for path in _startup_files(known):
        folder, _, name = path.rpartition("/")
        if name != "manage.py":
            continue
        for match in DJANGO_SETTINGS.findall(read(path) or b""):
            module = match.decode().strip(".")
            package = "/".join(filter(None, [folder, *module.split(".")[:-1]]))
            if f"{package}/__init__.py" in known and not _locate_module(module, folder, known):
                return f"{package}/{module.rpartition('.')[2]}.py"
    return ""


def _startup_files(paths: Iterable[str]) -> list[str]:
    names = sorted(path for path in paths if STARTUP_FILES.match(path, path.rfind("/") + 1))
    return [path for path in names if not SKIPPED_FOLDERS.intersection(path.split("/"))]


def find_app_packages(paths: Collection[str], read: FileReader) -> tuple[str, ...]:
    """Return the packages with test-like names that contain the settings of the app itself."""
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

    The folder of the file that contains the name and its parents are searched first. Elsewhere in
    the app, the module must be unique.
    """
    module = name.strip(".").replace(".", "/")
    for root in folder_and_parents(folder):
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
