"""Decide whether a file of the app can import the runtime without running other code of the app."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.project.import_roots import import_root
from shield_ai.project.layout import is_alembic_environment, is_task_file
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from shield_ai.model.skip import SkipReason
    from shield_ai.project.layout import AppFacts
    from shield_ai.project.python_source import Source

MAIN_BLOCK = regex(rb"(?m)^if __name__ == ['\"]__main__['\"]")
# Servers import these modules by their dotted name: celery -A shop worker
LOADED_MODULE = regex(r"(?:^|/)(?:celery|celeryapp|celery_app|wsgi|asgi)\.py$")
INVOKE_FILE = regex(r"(?:^|/)tasks\.py$")
INVOKE = frozenset({"invoke", "fabric"})
MANAGEMENT_COMMAND = regex(r"/management/commands/\w+\.py$")


def explain_not_importable(
    source: Source, facts: AppFacts, app_files: set[str]
) -> SkipReason | None:
    """Explain why a file cannot, or should not, import the runtime; None if it can.

    Args:
        source: The file.
        facts: The app's layout.
        app_files: All files of the app.
    """
    if not source.path.endswith(".py"):
        return SkipId.SCRIPT.reason()
    if _is_in_instance_folder(source.path, app_files):
        return SkipId.INSTANCE_FOLDER.reason()
    if _is_task_file(source) or _is_separate_script(source, facts, app_files):
        return SkipId.SEPARATE_SCRIPT.reason()
    return _explain_outside(source, facts, app_files) or explain_problems_inside(
        source, facts, app_files
    )


def explain_problems_inside(
    source: Source, facts: AppFacts, app_files: set[str]
) -> SkipReason | None:
    """Explain why a file in the packages of the app should not import the runtime; else None.

    Takes the same arguments as `explain_not_importable`.
    """
    return _explain_script(source, facts, app_files) or _explain_side_effects(source, facts)


def _is_in_instance_folder(path: str, app_files: set[str]) -> bool:
    """Return whether a file is in Flask's instance folder, which is not on `sys.path`.

    https://flask.palletsprojects.com/en/stable/config/#instance-folders
    """
    folder = path.rpartition("/")[0]
    return folder.rpartition("/")[2] == "instance" and f"{folder}/__init__.py" not in app_files


def _is_task_file(source: Source) -> bool:
    """Return whether a file has tasks that a developer runs, such as a deployment."""
    if is_task_file(source.path):
        return True
    is_invoke_file = INVOKE_FILE.search(source.path) is not None
    return is_invoke_file and not INVOKE.isdisjoint(_imported_packages(source))


def _is_separate_script(source: Source, facts: AppFacts, app_files: set[str]) -> bool:
    """Return whether a file beside the app's settings can't be imported, and imports nothing of it.

    Its name is not that of a module, as in `api-client.py`.
    """
    name = source.path.rpartition("/")[2].removesuffix(".py")
    if name.isidentifier() or not facts.settings or source.path in facts.settings:
        return False
    root = facts.root(facts.runtime)
    return _app_modules(root, app_files).isdisjoint(_imported_packages(source))


def _explain_outside(source: Source, facts: AppFacts, app_files: set[str]) -> SkipReason | None:
    """Explain why a file is outside the packages that can import the runtime; else None."""
    path = source.path
    root = facts.root(facts.runtime)
    file_root = facts.root(path)
    package = facts.namespace_package
    if package and not path.startswith(f"{package}/"):
        return SkipId.OUTSIDE_APP.reason(folder=package)
    if path in facts.settings and file_root != root:
        if file_root:
            return SkipId.OTHER_APP.reason(folder=file_root)
        return SkipId.OUTSIDE_APP.reason(folder=root)
    if import_root(path, app_files) == root:
        return None
    if file_root == root:
        if _top_folder(path, root) in _app_folders(facts, root, app_files):
            return None
        if _is_in_namespace_package(source, root, app_files):
            return None
    return SkipId.OUTSIDE_PACKAGES.reason()


def _app_folders(facts: AppFacts, root: str, app_files: set[str]) -> set[str]:
    """Return the folders in a root that the app's settings and runtime are imported from.

    Beside a package with Django's settings, a folder with settings but without `__init__.py` can
    belong to another service, such as Airflow.
    """
    prefix = f"{root}/" if root else ""
    folders = {_top_folder(facts.runtime, root)}
    has_package = bool(facts.django_settings) and any(
        f"{prefix}{folder}/__init__.py" in app_files for folder in folders
    )
    for path in facts.settings:
        is_app = not has_package or import_root(path, app_files) == root
        if facts.root(path) == root and (is_app or path in facts.django_settings):
            folders.add(_top_folder(path, root))
    return folders


def _is_in_namespace_package(source: Source, root: str, app_files: set[str]) -> bool:
    """Return whether a file in a folder without `__init__.py` is imported from the root.

    The imports of other modules of the root show that. Django also imports management commands from
    the root.
    """
    prefix = f"{root}/" if root else ""
    package = f"{prefix}{_top_folder(source.path, root)}/__init__.py"
    if MANAGEMENT_COMMAND.search(source.path) and package in app_files:
        return True
    if _is_script(source, source.path.removeprefix(prefix)):
        return False
    beside = f"{source.path.rpartition('/')[0]}/"
    for name in _imported_packages(source):
        if _has_module(prefix, name, app_files) and not _has_module(beside, name, app_files):
            return True
    return False


def _is_script(source: Source, path: str) -> bool:
    """Return whether a file is run as a script, or its path is not the name of a module."""
    has_names = all(name.isidentifier() for name in path.removesuffix(".py").split("/"))
    return not has_names or b"sys.path" in source.raw or bool(MAIN_BLOCK.search(source.raw))


def _has_module(folder: str, name: str, app_files: set[str]) -> bool:
    """Return whether a folder contains a module, or a package with `__init__.py`, of this name.

    A folder without `__init__.py`, such as airflow/, can have the name of an installed library.
    """
    return not app_files.isdisjoint({f"{folder}{name}.py", f"{folder}{name}/__init__.py"})


def _explain_script(source: Source, facts: AppFacts, app_files: set[str]) -> SkipReason | None:
    """Explain why a script in a subfolder cannot import the runtime; None if it can.

    Python puts the script's folder on `sys.path`, not the root of the app:
    https://docs.python.org/3/library/sys_path_init.html
    """
    root = facts.root(facts.runtime)
    folder = source.path.removeprefix(f"{root}/").rpartition("/")[0]
    if not folder or source.path in facts.settings:
        return None
    is_script = is_alembic_environment(source.path) or MAIN_BLOCK.search(source.raw)
    if not is_script or b"sys.path" in source.raw or LOADED_MODULE.search(source.path):
        return None
    if not _app_modules(root, app_files).isdisjoint(_imported_packages(source)):
        return None  # the file imports modules of the app already
    return SkipId.SCRIPT.reason()


def _app_modules(root: str, app_files: set[str]) -> set[str]:
    """Return the names of the modules and folders in a root; "." for relative imports."""
    names = {"."}
    for path in app_files:
        if not root or path.startswith(f"{root}/"):
            names.add(_top_folder(path, root).removesuffix(".py"))
    return names


def _explain_side_effects(source: Source, facts: AppFacts) -> SkipReason | None:
    """Explain that importing the runtime would run an unrelated package; None if it would not.

    Django imports the package of its settings before all other modules of the app.
    """
    init = facts.runtime_init
    folder = init.rpartition("/")[0]
    if not folder or _is_run_by(folder, source.path, facts):
        return None
    root = facts.root(init)
    if _imports_package(source, folder.removeprefix(f"{root}/").replace("/", ".")):
        return None
    in_subfolder = "/" in source.path.removeprefix(f"{root}/")
    follows_settings = facts.django and in_subfolder and source.path not in facts.settings
    if follows_settings and not MAIN_BLOCK.search(source.raw):
        return None
    loads = facts.settings_loads
    if loads.function and source.path in facts.settings:
        return SkipId.LOADED_BY_PATH.reason(function=loads.function, path=loads.path)
    return SkipId.IMPORT_RUNS_CODE.reason(path=init)


def _is_run_by(folder: str, path: str, facts: AppFacts) -> bool:
    """Return whether a file only runs after the package was imported."""
    return path.startswith(f"{folder}/") or path in facts.settings_loads.loaded


def _imported_packages(source: Source) -> set[str]:
    """Return the packages that a module imports at its top level; "." for relative imports."""
    packages: set[str] = set()
    for node in source.tree.body:
        if isinstance(node, ast.Import):
            packages.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." if node.level else (node.module or "").partition(".")[0]
            packages.add(module)
    return packages


def _top_folder(path: str, root: str) -> str:
    """Return the topmost folder below a root, or the file if it is directly in the root."""
    return path.removeprefix(f"{root}/").partition("/")[0]


def _imports_package(source: Source, package: str) -> bool:
    """Return whether a module imports a package, or a part of it, at its top level."""
    names: list[str] = []
    for node in source.tree.body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return any(f"{name}.".startswith(f"{package}.") for name in names)
