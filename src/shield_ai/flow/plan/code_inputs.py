"""The inputs of the code part of a plan."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from shield_ai.model.hosting import Hosting
from shield_ai.model.kept_variables import KeptVariables
from shield_ai.project.files_above import FilesAbove
from shield_ai.rewrite.project.fixer import AppFiles, DotenvFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from shield_ai.flow.plan.deployment_sources import DeploymentSources
    from shield_ai.model.file_reader import HasFolder
    from shield_ai.model.skip import SkipReason
    from shield_ai.project.docker_copies import Dockerfile
    from shield_ai.rewrite.python.fixers.move_literals import LiteralRemoval


@dataclasses.dataclass(frozen=True, kw_only=True)
class CodeInputs:
    """The inputs of the code part of a plan, besides shield.toml and the findings.

    Args:
        accessor_import: The line that imports `get_secret` in this app.
        has_folder: Returns whether the app has a folder.
        real_path: Returns the path of a file, without symbolic links.
        calls: Path, line and column of each call of the runtime.
        removal: Removes literals from the code; None keeps them as defaults.
        relative_package: The package with files that import the runtime relatively.
        test_module: Dotted name of the map file in the tests; by default, as in the app.
        python_files: All Python files of the app.
        dotenv_files: The .env files of the app.
        dockerfiles: The Dockerfiles of the app.
        reads_later: Whether functions of the app read secrets after its start.
        stage: The variable that tells the runtime whether the process serves production.
        pydantic: Whether the app has settings classes of pydantic.
        settings_fields: Path and variable of their fields that AWS provides.
        deployment: The deployment files to edit; None edits none.
        ignored_files: The files that git would ignore if they were created.
        above: The dependencies and lock files of the projects in the folders above the app.
        installed: The versions in the app's virtual environment, by name.
        python: The oldest Python version that the project names and that can import the runtime.
        kept: The variables that must stay set.
        hosting: What the environment of the app provides in production.
        held: Why a draft lacks variables that the app reads.
        workflows: The paths of its GitHub workflows.
        docs_files: The names of the files in its folder docs.
        documents: The files in its folder docs and the folders inside it.
        nested_requirements: The files in the folders inside its folder requirements.
        tested_folders: The folders of tests that CI runs; empty for all.
    """

    accessor_import: str
    has_folder: HasFolder
    real_path: Callable[[str], str] = str
    calls: Sequence[tuple[str, int, int]] = ()
    removal: LiteralRemoval | None = None
    relative_package: str = ""
    test_module: str = ""
    python_files: Sequence[str] = ()
    dotenv_files: DotenvFiles = dataclasses.field(default_factory=DotenvFiles)
    dockerfiles: Sequence[Dockerfile] = ()
    reads_later: bool = True
    stage: str = AppFiles().stage
    pydantic: bool = True
    settings_fields: Collection[tuple[str, str]] = ()
    deployment: DeploymentSources | None = None
    ignored_files: Collection[str] = ()
    above: FilesAbove = dataclasses.field(default_factory=FilesAbove)
    installed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    python: tuple[int, int] = AppFiles().python
    kept: KeptVariables = dataclasses.field(default_factory=KeptVariables)
    hosting: Hosting = dataclasses.field(default_factory=Hosting)
    held: Mapping[str, SkipReason] = dataclasses.field(default_factory=dict)
    workflows: Sequence[str] = ()
    docs_files: Sequence[str] = ()
    documents: Sequence[str] = ()
    nested_requirements: Sequence[str] = ()
    tested_folders: Sequence[str] = ()
