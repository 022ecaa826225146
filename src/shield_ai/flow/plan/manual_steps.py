"""Name the manual steps that remain after a plan is applied."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.flow.plan.build_commands import build_command_steps
from shield_ai.flow.plan.changelog import changelog_steps
from shield_ai.model.file_reader import read_optional
from shield_ai.model.naming import SIGN_IN_KEY
from shield_ai.model.plurals import count
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import COPY, copied_folder
from shield_ai.rewrite.pre_commit import rewriting_hooks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from shield_ai.flow.plan.code_inputs import CodeInputs
    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.kept_variables import KeptVariables
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.plan import Origin
    from shield_ai.model.skip import Skipped, SkipReason


SIGN_IN = (
    f"boto3 needs {SIGN_IN_KEY} to sign in before it can read secrets from AWS: give the app an IAM"
    " role, or leave the variable set where the app runs"
)
OTHER_PROVIDER = (
    f"{{}} sets an endpoint for S3, so {SIGN_IN_KEY} may belong to another provider: if so, unset"
    " the variable where the app runs, because boto3 would sign in to AWS with it; otherwise, give"
    " the app an IAM role, or leave the variable set"
)
OTHER_KEY = (
    f"{{}} sets an endpoint for S3, so {SIGN_IN_KEY} may belong to another provider: if so, read"
    " the keys of the storage from variables with other names, because boto3 would sign in to AWS"
    " with these"
)
INJECTION = (
    "the platform already injects {number} of the app from AWS: inject {names} in the same way,"
    " or add {pronoun} to shield.toml to move {pronoun}"
)
ENDPOINT = regex(rb"(?m)^[^#\n]{0,200}(?:S3_ENDPOINT|\bAWS_ENDPOINT_URL)")
READMES = ("README.md", "README.rst", "README", "readme.md", "Readme.md")
NAME = regex(rb"[A-Z][A-Z0-9_]+")
DOCUMENT = regex(r".+\.(?:md|rst|txt)")
CONFIGURATION = regex(r"(?:.*/)?(?:config|configuration|environment|settings)\.\w+")
VARIABLES_TITLE = regex(rb"(?i)environment variables|config vars")
MAX_DOCUMENTS = 3
DOCUMENT_STEP = (
    "{}: document USE_AWS_SECRETS (true: read the secrets from AWS), {} (production) and"
    " AWS_REGION (the region of the secrets)"
)
# https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.hide_input_in_errors
HIDE_INPUT = b"hide_input_in_errors"
HIDE_INPUT_STEP = (
    "{}: set hide_input_in_errors=True in the configuration of the settings class: an error of"
    " pydantic shows part of its input, which can be a secret"
)
# https://docs.sonarsource.com/sonarqube-server/latest/project-administration/analysis-scope/
SONAR = "sonar-project.properties"
SONAR_STEP = "{}: add {}** to sonar.exclusions: SonarQube would count the copy as new code"
HOOKS = "pre-commit: the hooks {} would change the copy of the runtime: exclude {}"


def code_steps(files: Sequence[FileChange], kept: KeptVariables, read: FileReader) -> Iterator[str]:
    """Yield the steps for pre-commit hooks, SonarQube, and variables that must stay set.

    Args:
        files: The planned changes.
        kept: The variables that must stay set.
        read: Returns the bytes of a file of the app.
    """
    copies = sorted({copied_folder(file.path) for file in files} - {""})
    hooks = rewriting_hooks(read, COPY)
    if hooks and copies:
        yield HOOKS.format(" and ".join(hooks), COPY)
    for copy in copies[:1]:
        yield from _sonar_steps(copy, read)
    for sentence in kept.sentences():
        yield sentence[0].lower() + sentence[1:]


def _sonar_steps(copy: str, read: FileReader) -> Iterator[str]:
    """Yield a step for the configuration of SonarQube in a folder above the copy of the runtime."""
    for parent in PurePosixPath(copy).parents:
        path = str(parent / SONAR)
        sonar = read_optional(read, path)
        if sonar is not None and COPY.encode() not in sonar:
            yield SONAR_STEP.format(path, posixpath.relpath(copy, str(parent)) + "/")


def edit_steps(
    manifest: Manifest,
    inputs: CodeInputs,
    moved: Iterable[Origin],
    read: FileReader,
    *,
    has_no_page: bool,
) -> Iterator[str]:
    """Yield the steps for files that belong to the edited code.

    Args:
        manifest: shield.toml.
        inputs: The inputs of the code part of the plan.
        moved: The literals that the plan moves to .env.
        read: Returns the bytes of a file of the app.
        has_no_page: No page is generated because of the documentation's format.
    """
    documents = inputs.documents
    yield from document_steps(manifest, inputs.stage, read, documents, has_no_page=has_no_page)
    yield from pydantic_steps(inputs.settings_fields, read)
    yield from changelog_steps(read, inputs.has_folder, inputs.workflows)
    yield from build_command_steps(moved, inputs.dockerfiles)


def pydantic_steps(fields: Collection[tuple[str, str]], read: FileReader) -> Iterator[str]:
    """Yield a step for each file with settings of pydantic 2 that show values in errors.

    Args:
        fields: Path and variable of each field that AWS provides.
        read: Returns the bytes of a file of the app.
    """
    for path in sorted({path for path, _ in fields}):
        text = read_optional(read, path) or b""
        if b"pydantic_settings" in text and HIDE_INPUT not in text:
            yield HIDE_INPUT_STEP.format(path)


def document_steps(
    manifest: Manifest,
    stage: str,
    read: FileReader,
    documents: Sequence[str],
    *,
    has_no_page: bool,
) -> Iterator[str]:
    """Yield the step for documents that list variables of secrets, but not the switch.

    Args:
        manifest: shield.toml.
        stage: The variable with the stage of the process.
        read: Returns the bytes of a file of the app.
        documents: The files in the folder docs.
        has_no_page: No page is generated because of the documentation's format.
    """
    variables = set(manifest.variables())
    readmes = [path for path in READMES if read_optional(read, path) is not None]
    candidates = [*readmes[:1], *filter(DOCUMENT.fullmatch, documents)]
    numbers = {
        path: _listed_variables(path, read_optional(read, path) or b"", variables)
        for path in candidates
    }
    listing = [path for path, number in numbers.items() if number]
    paths = sorted(listing, key=lambda path: (-numbers[path], path))
    if paths or has_no_page:
        yield DOCUMENT_STEP.format(", ".join(paths[:MAX_DOCUMENTS]) or "docs", stage)


def _listed_variables(path: str, raw: bytes, variables: Collection[str]) -> int:
    """Return how many variables a document lists.

    This is 0 if it has USE_AWS_SECRETS already, or only mentions some in passing.
    """
    names = {name.decode() for name in NAME.findall(raw)}
    number = len(names.intersection(variables))
    if "USE_AWS_SECRETS" in names:
        return 0
    if 2 * number >= len(variables) or CONFIGURATION.fullmatch(path):
        return number
    return number if number > 1 and VARIABLES_TITLE.search(raw) else 0


def sign_in_steps(
    manifest: Manifest,
    read: FileReader,
    kept: Collection[str] = (),
    unchanged: Sequence[Skipped] = (),
) -> Iterator[str]:
    """Yield the step for an app that reads AWS access keys itself.

    Args:
        manifest: shield.toml.
        read: Returns the bytes of a file of the app.
        kept: The variables that must stay set for code that is not changed.
        unchanged: The reads that remain in the code.
    """
    if SIGN_IN_KEY not in manifest.variables():
        for path in dict.fromkeys(skip.path for skip in unchanged if skip.id is SkipId.SIGNS_IN):
            if ENDPOINT.search(read_optional(read, path) or b""):
                yield OTHER_KEY.format(path)
                return
        return
    for path in manifest.app.settings:
        if SIGN_IN_KEY not in kept and ENDPOINT.search(read(path) or b""):
            yield OTHER_PROVIDER.format(path)
            return
    yield SIGN_IN


def injection_steps(held: Mapping[str, SkipReason]) -> Iterator[str]:
    """Yield the step for an app that already gets most of its secrets from its platform.

    Args:
        held: Why a draft lacks variables that the app reads.
    """
    others = [name for name, why in held.items() if why.id is SkipId.INJECT_INSTEAD]
    if others:
        number = count(len(held) - len(others), "variable")
        pronoun = "it" if len(others) == 1 else "them"
        yield INJECTION.format(number=number, names=", ".join(sorted(others)), pronoun=pronoun)
