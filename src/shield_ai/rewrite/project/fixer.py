"""Define and find the fixers of a project's files, except Python files with findings.

A fixer is a function `fix(context)` in a module of this package.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.hosting import Hosting
from shield_ai.model.kept_variables import KeptVariables
from shield_ai.project.files_above import FilesAbove
from shield_ai.project.python_versions import OLDEST_SUPPORTED
from shield_ai.project.runtime_names import DJANGO_STAGE
from shield_ai.rewrite import project

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from shield_ai.model.file_reader import FileReader, HasFolder
    from shield_ai.model.manifest import Manifest
    from shield_ai.project.docker_copies import Dockerfile
    from shield_ai.rewrite.project.file_edits import Outcome


class DotenvFiles(NamedTuple):
    """The .env files of an app."""

    examples: Collection[str] = ()  # the paths of files such as .env.example
    loads: bool = False  # the app loads .env into the environment
    reads: bool = False  # a library reads .env without loading it into the environment
    is_tracked: bool = False  # git tracks .env, so its values are examples
    is_exposed: bool = False  # .env exists, and the next `git add` includes it
    hides_example: bool = False  # git would ignore a new .env.example
    new_variables: Collection[str] = ()  # variables that the app does not read yet

    @property
    def are_read(self) -> bool:
        """Whether the app, or a library that it uses, reads .env."""
        return self.loads or self.reads

    @property
    def has_example_values(self) -> bool:
        """Whether the app reads a .env that git tracks."""
        return self.is_tracked and self.are_read


class AppFiles(NamedTuple):
    """Properties of the app that the fixers depend on."""

    has_folder: HasFolder = lambda _: False  # returns whether the app has a folder
    paths: Collection[str] = ()  # all Python files of the app
    dotenv_files: DotenvFiles = DotenvFiles()
    edited: Collection[str] = ()  # the Python files that the plan edits
    has_lambdas: bool = False  # the edits of the code contain lambdas
    importers: Collection[str] = ()  # the Python files that import the runtime after the edits
    dockerfiles: Collection[Dockerfile] = ()
    reads_later: bool = True  # functions of the app read secrets after its start
    stage: str = DJANGO_STAGE  # the variable with the stage of the process
    pydantic: bool = True  # the app has settings classes of pydantic
    # path and variable of each field of such a class that AWS provides
    settings_fields: Collection[tuple[str, str]] = ()
    ignored_files: Collection[str] = ()  # git would ignore them if they were created
    shares_ignore_file: bool = False  # .dockerignore is a link to .gitignore
    above: FilesAbove = FilesAbove()  # the projects in the folders above the app
    test_module: str = ""  # the name by which tests import the map file, if it differs
    installed: Mapping[str, str] = MappingProxyType({})  # versions in the virtual environment
    python: tuple[int, int] = OLDEST_SUPPORTED  # the oldest version that the project names
    kept: KeptVariables = KeptVariables()
    hosting: Hosting = Hosting()
    workflows: Collection[str] = ()  # the paths of its GitHub workflows
    docs_files: Collection[str] = ()  # the names of the files in its folder docs
    nested_requirements: Collection[str] = ()  # the files in the folders inside requirements/
    tested_folders: Collection[str] = ()  # the folders of tests that CI runs; empty for all


class FixContext(NamedTuple):
    """What a fixer knows about the app."""

    read: FileReader
    manifest: Manifest
    app: AppFiles = AppFiles()
    module: str = ""  # the name by which settings import the runtime; "": derived from its path
    engines: Collection[str] = ()  # the runtime's Django database backends that the settings use


Fixer = Callable[[FixContext], "Outcome"]


@functools.cache
def find_project_fixers() -> tuple[Fixer, ...]:
    """Return the fixers, sorted by module name."""
    names = sorted(module.name for module in pkgutil.iter_modules(project.__path__))
    modules = [importlib.import_module(f"{project.__name__}.{name}") for name in names]
    return tuple(module.fix for module in modules if hasattr(module, "fix"))
