"""Document in the example env file how to turn AWS Secrets Manager on."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model.file_reader import read_optional
from shield_ai.model.manifest import DEFAULT_REGION
from shield_ai.model.naming import DOTENV
from shield_ai.model.words import word_set
from shield_ai.project.layout import is_env_example, is_test
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import DJANGO_STAGE
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, append_lines, single_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite.project.fixer import DotenvFiles, FixContext

PATH = ".env.example"
DOCS = "docs"
VARIABLE = regex(
    rb"^[ \t]*(?:#[ \t]*)?(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=", re.MULTILINE
)
EXPORTED = regex(rb"^[ \t]*(?:#[ \t]*)?export[ \t]+[A-Za-z_]", re.MULTILINE)
EXAMPLES_FOLDER = regex(r"(?:^|/)\.?envs?[._-](?:example|sample|template)s?$")
README = "README.md"
TABLE_ROW = regex(rb"(?m)^[ \t]*\|[^\n]*")
# The file that developers copy to .env, in the README: cp local.env .env
COPY_COMMAND = regex(
    rb"\bcp[ \t]+(?:-\w+[ \t]+)?(?:\./)?([\w.-]*env[\w.-]*)[ \t]+(?:\./)?\.env(?![\w.-])"
)
UPPER_NAME = regex(rb"[A-Z][A-Z0-9_]+")
# Matches the names of example files for development.
DEVELOPMENT = regex(r"dev|local|test|ci\b")
# A file with any other word in its name is for a part of the app: .env.stripe.example
GENERIC_WORDS = word_set("""
    ENV EXAMPLE SAMPLE TEMPLATE DIST DEFAULT DEFAULTS TMPL TPL EXAMPLES DEV DEVELOPMENT LOCAL TEST
    TESTING CI PROD PRODUCTION STAGING DOCKER COMPOSE DJANGO FLASK FASTAPI PYTHON APP API WEB SERVER
    BACKEND FILE VARS DOTENV
""")
ENABLE = "# To read the secrets in shield.toml from AWS Secrets Manager"
IN_PROCESS = (
    ", set these variables in the\n# environment of the process: it is not enough that the app"
    " reads this file"
)
IN_PRODUCTION = "\n# (in production, with {}=production):"
VARIABLES = "# The secrets in shield.toml:"


def fix(context: FixContext) -> Outcome:
    """Extend .env.example."""
    app = context.app
    in_docs = filter(is_env_example, (f"{DOCS}/{name}" for name in app.docs_files))
    files = app.dotenv_files._replace(examples=[*app.dotenv_files.examples, *in_docs])
    return extend_env_example(context.read, context.manifest, files, stage=app.stage)


def extend_env_example(
    read: FileReader, manifest: Manifest, files: DotenvFiles, *, stage: str = DJANGO_STAGE
) -> Outcome:
    """Append new variables and the runtime's switches to the example, and to one in the docs.

    If the app reads a .env but has no example and no table of its variables in the README, create
    one with the variables of all secrets. All lines are commented out because developers copy the
    file, it can be a template for production, and some libraries reject variables in .env that the
    app does not read. Only new variables of an app that loads .env into os.environ are not: from
    now on, it requires them.

    Args:
        read: Returns the bytes of a file of the app.
        manifest: The secrets of the app.
        files: The .env files of the app.
        stage: The variable with the stage of the process.
    """
    paths = _choose_examples(read, manifest, files)
    in_docs = [other for other in files.examples if _is_complete_in_docs(read, other, manifest)]
    uses_dotenv = files.new_variables or (
        files.are_read and read_optional(read, DOTENV) is not None
    )
    is_documented = in_docs or files.hides_example or _is_documented(read, manifest)
    if not paths and uses_dotenv and not is_documented:
        paths = [PATH]
    outcome = NOTHING
    for example in [*paths, *in_docs]:
        changes, skipped = _extend(read, example, manifest, files, stage)
        outcome = ([*outcome[0], *changes], [*outcome[1], *skipped])
    return outcome


def _is_complete_in_docs(read: FileReader, path: str, manifest: Manifest) -> bool:
    """Return whether an example is in the folder docs, and lists most variables of the secrets."""
    if path.rpartition("/")[0] != DOCS:
        return False
    return 2 * len(_declared(read, path, manifest)) > len(set(manifest.variables()))


def _declared(read: FileReader, path: str, manifest: Manifest) -> set[str]:
    """Return the variables of the secrets that an example lists."""
    names = VARIABLE.findall(read_optional(read, path) or b"")
    return {name.decode() for name in names}.intersection(manifest.variables())


def _extend(
    read: FileReader, path: str, manifest: Manifest, files: DotenvFiles, stage: str
) -> Outcome:
    raw = read(path)
    # A byte order mark or a single \r would hide lines from the regular expression.
    text = (raw or b"").removeprefix(codecs.BOM_UTF8).replace(b"\r", b"\n")
    existing = {name.decode() for name in VARIABLE.findall(text)}
    export = _export_prefix(text)
    variables = manifest.variables() if raw is None else sorted(files.new_variables)
    # The app parses .env itself, and does not load it into os.environ.
    is_private = files.reads and not files.loads
    mark = "#" if raw is None or is_private else ""
    blocks = [
        _block(VARIABLES, [f"{mark}{export}{name}=" for name in variables if name not in existing]),
        _enable_block(manifest, existing, export, is_private=is_private, stage=stage),
    ]
    addition = "\n".join(filter(None, blocks))
    return append_lines(path, raw, addition, gap=True) if addition else NOTHING


def _export_prefix(text: bytes) -> str:
    """Return "export " if a shell reads the file and passes on only variables with that prefix."""
    return "export " if len(EXPORTED.findall(text)) * 2 > len(VARIABLE.findall(text)) else ""


def _is_documented(read: FileReader, manifest: Manifest) -> bool:
    """Return whether the README lists most variables in a table: an example would repeat it."""
    rows = TABLE_ROW.findall(read_optional(read, README) or b"")
    listed = {name.decode() for row in rows for name in UPPER_NAME.findall(row)}
    variables = set(manifest.variables())
    return 2 * len(variables & listed) > len(variables)


def _choose_examples(read: FileReader, manifest: Manifest, files: DotenvFiles) -> list[str]:
    """Return the examples that list the variables of the secrets, or else one for the app.

    A .env that git tracks and the app reads counts as an example if there is no other, and so does
    the file that the README copies to .env. One that lists most variables is enough, and one that
    lists none is chosen only if all do. Among several, the least nested file is preferred, then
    one that is not for development, then the one with the fewest words in its name.
    """
    examples = _app_examples(read, manifest, files) or _other_examples(read, files)
    existing = [path for path in examples if read_optional(read, path) is not None]
    declared = {path: _declared(read, path, manifest) for path in existing}
    most = len(set(manifest.variables())) // 2 + 1
    existing.sort(key=lambda path: (len(declared[path]) < most, not declared[path], _order(path)))
    chosen = existing[:1]
    found = set(declared[chosen[0]] if chosen else ())
    for path in existing[1:]:
        if len(found) < most and declared[path] - found:
            chosen.append(path)
            found |= declared[path]
    return chosen


def _app_examples(read: FileReader, manifest: Manifest, files: DotenvFiles) -> list[str]:
    """Return the examples for the app.

    They are in the folders of its settings and the parents of these, or list many variables of the
    secrets, as the template of an env file in the folder of a Compose file.
    """
    folders = {""}
    for path in (*manifest.app.settings, manifest.app.runtime):
        folders.update(str(folder) for folder in PurePosixPath(path).parents[:-1])
    return [
        path
        for path in files.examples
        if (_folder_of(path) in folders and _is_for_app(read, path, manifest))
        or _is_for_app_elsewhere(read, path, manifest)
    ]


def _is_for_app_elsewhere(read: FileReader, path: str, manifest: Manifest) -> bool:
    """Return whether an example in any folder lists several and many variables of the secrets."""
    if is_test(path) or path.startswith(f"{DOCS}/"):
        return False
    count = len(_declared(read, path, manifest))
    return count > 1 and 3 * count >= len(set(manifest.variables()))


def _other_examples(read: FileReader, files: DotenvFiles) -> list[str]:
    """Return the file with the values for development in an app without an example."""
    if files.has_example_values:
        return [DOTENV]
    copied = COPY_COMMAND.search(read_optional(read, README) or b"")
    return [copied[1].decode()] if copied else []


def _order(path: str) -> tuple[int, bool, int, str]:
    """Return the sort key of an example: see `_choose_examples`."""
    name = path.rpartition("/")[2].lower()
    is_development = bool(DEVELOPMENT.search(name))
    return path.count("/"), is_development, len(re.findall(r"\w+", name)), path


def _folder_of(path: str) -> str:
    """Return the folder of an example, or of the folder with all examples."""
    folder = path.rpartition("/")[0]
    return folder.rpartition("/")[0] if EXAMPLES_FOLDER.search(folder) else folder


def _is_for_app(read: FileReader, path: str, manifest: Manifest) -> bool:
    """Return whether an example is for the whole app, by its name or by its variables."""
    name = path.rpartition("/")[2].upper()
    if GENERIC_WORDS.issuperset(re.findall("[A-Z]+", name)):
        return True
    return bool(_declared(read, path, manifest))


def _enable_block(
    manifest: Manifest, existing: Collection[str], export: str, *, is_private: bool, stage: str
) -> str:
    if "USE_AWS_SECRETS" in existing:
        return ""
    app = manifest.app
    region = "" if app.region == DEFAULT_REGION else single_line(app.region)
    values = {
        "USE_AWS_SECRETS": "true",
        "AWS_REGION": region,
    }
    # The map file contains the prefix, except with environments or with the installed package.
    if app.prefix and (manifest.environments or app.runtime == "package"):
        values["AWS_SECRETS_PREFIX"] = single_line(app.prefix)
    # Developers copy the example: with this value, variables that are set override AWS.
    values[stage] = "development"
    lines = [f"#{export}{name}={value}" for name, value in values.items() if name not in existing]
    # They must not ask for the secrets of production by mistake.
    end = ":" if stage in existing else IN_PRODUCTION.format(stage)
    return _block(ENABLE + (IN_PROCESS if is_private else "") + end, lines)


def _block(heading: str, lines: Iterable[str]) -> str:
    block = [heading, *lines, ""]
    return "\n".join(block) if len(block) > 2 else ""
