"""Collect the inputs of the code part of a plan from an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.plan.app_hosting import find_hosting
from shield_ai.flow.plan.code_inputs import CodeInputs
from shield_ai.flow.plan.deployment_sources import find_kept_variables, find_sources
from shield_ai.flow.plan.dotenv_files import find_dotenv_files
from shield_ai.flow.plan.literal_removal import open_literal_removal
from shield_ai.flow.plan.tested_folders import find_tested_folders
from shield_ai.project import git
from shield_ai.project.docker_copies import IGNORE_FILE, read_dockerfiles
from shield_ai.project.files_above import read_files_above
from shield_ai.project.python_versions import find_python_versions, oldest_python
from shield_ai.rewrite.project.app_docs import PAGES
from shield_ai.rewrite.project.requirements import FILES_ABOVE

if TYPE_CHECKING:
    from shield_ai.flow.app_context import AppContext
    from shield_ai.project.values import Values

WORKFLOWS = ".github/workflows"


def collect_code_inputs(app: AppContext, literals: Values | None) -> CodeInputs:
    """Collect what the edits of an app depend on.

    Args:
        app: The app.
        literals: Resolves the locators of literals to remove from the code; None keeps them as
            defaults.

    Raises:
        UnsafePlanError: Literals are removed, and git tracks .env, or does not ignore it.
        SourceError: Literals are removed, and .env can't be read.
    """
    scan = app.scan_result
    facts = scan.facts
    root = app.tree.root
    paths = (*app.manifest.app.settings, app.manifest.app.runtime)
    docs_files = app.tree.file_names("docs")
    dockerfiles = read_dockerfiles(app.tree)
    return CodeInputs(
        accessor_import=facts.accessor_import(app.manifest),
        relative_package=facts.relative_package,
        test_module=facts.test_module(app.manifest.app.runtime),
        has_folder=app.tree.has_folder,
        real_path=app.tree.real_path,
        calls=scan.call_sites,
        python_files=scan.python_files,
        dotenv_files=find_dotenv_files(app),
        dockerfiles=dockerfiles,
        reads_later=scan.reads_in_functions(app.manifest.variables()),
        stage=facts.stage,
        pydantic=facts.has_pydantic_settings,
        settings_fields=scan.settings_fields(app.manifest.variables()),
        ignored_files=git.ignored_files(root, [IGNORE_FILE, *PAGES]),
        above=read_files_above(root, FILES_ABOVE),
        installed=app.tree.installed_versions(("boto3",)),
        python=oldest_python(find_python_versions(app.tree, paths)),
        kept=find_kept_variables(app),
        hosting=find_hosting(app),
        held=app.draft.held,
        workflows=[f"{WORKFLOWS}/{name}" for name in app.tree.file_names(WORKFLOWS)],
        docs_files=docs_files,
        documents=[*(f"docs/{name}" for name in docs_files), *app.tree.nested_files("docs")],
        nested_requirements=app.tree.nested_files("requirements"),
        tested_folders=find_tested_folders(app.tree, scan.python_files),
        removal=open_literal_removal(app, literals) if literals else None,
        deployment=find_sources(app),
    )
