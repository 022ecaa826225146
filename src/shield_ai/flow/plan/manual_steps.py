"""Name the manual steps that remain after a plan is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.naming import SIGN_IN_KEY
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import COPY, is_copied_file
from shield_ai.rewrite.pre_commit import rewriting_hooks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.kept_variables import KeptVariables
    from shield_ai.model.manifest import Manifest

SIGN_IN = (
    f"boto3 needs {SIGN_IN_KEY} to sign in before it can read secrets from AWS: give the app an IAM"
    " role, or leave the variable set where the app runs"
)
OTHER_PROVIDER = (
    f"{{}} sets an endpoint for S3, so {SIGN_IN_KEY} may belong to another provider: if so, unset"
    " the variable where the app runs, because boto3 would sign in to AWS with it; otherwise, give"
    " the app an IAM role, or leave the variable set"
)
ENDPOINT = regex(rb"(?m)^[^#\n]{0,200}(?:S3_ENDPOINT|\bAWS_ENDPOINT_URL)")
HOOKS = "pre-commit: the hooks {} would change the copy of the runtime: exclude {}"


def code_steps(files: Sequence[FileChange], kept: KeptVariables, read: FileReader) -> Iterator[str]:
    """Yield the steps for pre-commit hooks, and for variables that must stay set.

    Args:
        files: The planned changes.
        kept: The variables that must stay set.
        read: Returns the bytes of a file of the app.
    """
    hooks = rewriting_hooks(read, COPY)
    if hooks and any(is_copied_file(file.path) for file in files):
        yield HOOKS.format(" and ".join(hooks), COPY)
    for sentence in kept.sentences():
        yield sentence[0].lower() + sentence[1:]


def sign_in_steps(
    manifest: Manifest, read: FileReader, kept: Collection[str] = ()
) -> Iterator[str]:
    """Yield the step for an app whose AWS access keys are moved to AWS.

    Args:
        manifest: shield.toml.
        read: Returns the bytes of a file of the app.
        kept: The variables that must stay set for code that is not changed.
    """
    if SIGN_IN_KEY not in manifest.variables():
        return
    for path in manifest.app.settings:
        if SIGN_IN_KEY not in kept and ENDPOINT.search(read(path) or b""):
            yield OTHER_PROVIDER.format(path)
            return
    yield SIGN_IN
