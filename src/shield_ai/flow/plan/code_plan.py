"""Plan the edits of an app's code, and of the files beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.manifest_file import manifest_edit
from shield_ai.flow.plan.patched_tests import find_patched_tests
from shield_ai.model.edit import FileChange
from shield_ai.model.plan import Origin
from shield_ai.model.skip import Skipped
from shield_ai.rewrite.project.fixer import AppFiles, FixContext
from shield_ai.rewrite.project.pipeline import rewrite_project
from shield_ai.rewrite.python.imports.importers import Importers
from shield_ai.rewrite.python.pipeline import rewrite_python
from shield_ai.rewrite.python.wrap.shared_bases import choose_shared_bases
from shield_ai.rewrite.python.wrap.wrap_options import WrapOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shield_ai.flow.plan.code_inputs import CodeInputs
    from shield_ai.flow.plan.linked_app import LinkedApp
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.site import FoundSite


class CodePlan(msgspec.Struct, frozen=True, kw_only=True):
    """The planned edits."""

    files: tuple[FileChange, ...]
    skipped: tuple[Skipped, ...]
    unwrapped: tuple[Skipped, ...]  # of these, the reads that remain in the code
    dotenv: tuple[Origin, ...]  # the literals to move to .env


def plan_code(
    manifest: Manifest, sites: Sequence[FoundSite], inputs: CodeInputs, app: LinkedApp
) -> CodePlan:
    """Plan the edits of an app.

    Args:
        manifest: shield.toml.
        sites: All sites of the app.
        inputs: What else the edits depend on.
        app: Reads the files.

    Raises:
        SourceError: A file can't be read or parsed.
    """
    rewritten = rewrite_python(
        manifest,
        sites,
        inputs.calls,
        app.read,
        inputs.accessor_import,
        WrapOptions(
            removal=inputs.removal,
            relative_package=inputs.relative_package,
            importers=Importers(inputs.python_files, app.read),
            shared=choose_shared_bases(sites, manifest.variables()),
            held=inputs.held,
        ),
    )
    files, skipped = app.without_outside(_without_links(rewritten.files, inputs.real_path))
    unwrapped = tuple(rewritten.skipped)
    dotenv: tuple[Origin, ...] = ()
    if inputs.removal:
        dotenv = inputs.removal.origins(rewritten.removed)
    if not manifest.secret:
        skipped += unwrapped
    else:
        inside, links = app.without_outside(manifest_edit(manifest, app.read))
        files += inside
        skipped += [*links, *unwrapped]
        skipped += find_patched_tests(rewritten.files, inputs.python_files, app.read)
        module = inputs.accessor_import.split()[1]  # from MODULE import get_secret
        edited = [file.path for file in rewritten.files]
        app_files = _app_files(inputs, edited, dotenv)._replace(
            has_lambdas=_contain_lambdas(rewritten.files)
        )
        context = FixContext(app.read, manifest, app_files, module, rewritten.engines)
        others, unchanged = rewrite_project(context)
        inside, links = app.without_outside(others)
        files += inside
        skipped += links
        skipped += map(app.explain_skip, unchanged)
    return CodePlan(files=tuple(files), skipped=tuple(skipped), unwrapped=unwrapped, dotenv=dotenv)


def _app_files(inputs: CodeInputs, edited: Sequence[str], dotenv: Sequence[Origin]) -> AppFiles:
    new_variables = [origin.field for origin in dotenv]
    return AppFiles(
        inputs.has_folder,
        inputs.python_files,
        dotenv_files=inputs.dotenv_files._replace(new_variables=new_variables),
        reads_later=inputs.reads_later,
        stage=inputs.stage,
        pydantic=inputs.pydantic,
        settings_fields=inputs.settings_fields,
        edited=edited,
        importers={*edited, *(path for path, _, _ in inputs.calls)},
        dockerfiles=inputs.dockerfiles,
        shares_ignore_file=inputs.real_path(".dockerignore") == ".gitignore",
        above=inputs.above,
        ignored_files=inputs.ignored_files,
        test_module=inputs.test_module,
        installed=inputs.installed,
        python=inputs.python,
        kept=inputs.kept,
        hosting=inputs.hosting,
        workflows=inputs.workflows,
        docs_files=inputs.docs_files,
        nested_requirements=inputs.nested_requirements,
        tested_folders=inputs.tested_folders,
    )


def _contain_lambdas(files: Sequence[FileChange]) -> bool:
    return any("lambda" in edit.replacement for file in files for edit in file.edits)


def _without_links(
    files: Sequence[FileChange], real_path: Callable[[str], str]
) -> list[FileChange]:
    """Return the changes without those of links to other changed files."""
    paths = {file.path for file in files}
    kept = []
    for file in files:
        target = real_path(file.path)
        if target == file.path or target not in paths:
            kept.append(file)
    return kept
