"""Everything around the rewritten settings: what an app needs to run on secrets from AWS, and to be understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.rewrite.project import (
    app_docs,
    app_tests,
    env_example,
    gitignore,
    requirements,
    runtime_copy,
)
from shield_ai.rewrite.project.iam_policy import policy_file

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.edit import FileChange, Skipped
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite import HasFolder, Read


def app_files(  # noqa: PLR0913  # each is a different fact of the app
    read: Read,
    manifest: Manifest,
    account: str = "",
    *,
    has_folder: HasFolder | None = None,
    module: str = "",
    fields: bool = False,
    engines: Collection[str] = (),
) -> tuple[list[FileChange], list[Skipped]]:
    """Work out every file but the rewritten ones.

    Args:
        read: Gives the bytes of a file of the app, None where there is none.
        manifest: What moves.
        account: The AWS account; where it is given, the IAM policy is among the files.
        has_folder: Tells whether the app has a folder; without it, generated tests go where they can't be in the way.
        module: The dotted name under which the settings import the runtime; worked out where it is not given.
        fields: A settings class of pydantic imports a source of ours.
        engines: Of Django's databases, those that have a backend of ours.
    """
    outcomes = [
        runtime_copy.fix(read, manifest, module, fields=fields, engines=engines),
        requirements.fix(read, manifest, module),
        env_example.fix(read, manifest),
        gitignore.fix(read, manifest),
        app_tests.fix(read, manifest, has_folder, module),
        app_docs.fix(read, manifest, engines),
    ]
    if account:
        outcomes.append(policy_file(read, manifest, account))
    return [change for changes, _ in outcomes for change in changes], [
        s for _, skipped in outcomes for s in skipped
    ]
