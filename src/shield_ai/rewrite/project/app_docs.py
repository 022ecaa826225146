"""Generate the app's documentation of its secrets, and an entry in its security updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.file_reader import read_optional
from shield_ai.model.naming import SIGN_IN_KEY
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.describe import describe_secrets
from shield_ai.rewrite.project.docs_navigation import add_to_navigation
from shield_ai.rewrite.project.file_edits import (
    NOTHING,
    Outcome,
    append_lines,
    create_or_replace,
    single_line,
    skip_file,
)
from shield_ai.rewrite.project.markdown_tables import align_tables
from shield_ai.rewrite.project.production_advice import (
    DEFAULT_ADVICE,
    ProductionAdvice,
    choose_advice,
)
from shield_ai.rewrite.project.stamp import State, header_of, read_stamp, stamp
from shield_ai.rewrite.project.template import render_template

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.skip import SkipReason
    from shield_ai.rewrite.project.docs_navigation import Navigation
    from shield_ai.rewrite.project.fixer import FixContext

FOLDER = "docs"
PAGE = f"{FOLDER}/AWS_SECRETS_MANAGER.md"
LOWER_CASE_PAGE = f"{FOLDER}/aws-secrets-manager.md"
PAGES = (PAGE, LOWER_CASE_PAGE)
# Pages with usual names in capitals, which do not show how a project names its other pages.
USUAL_PAGES = frozenset({"README", "SUMMARY", "CHANGELOG", "CONTRIBUTING", "LICENSE", "SECURITY"})
UPDATES = "SECURITY_UPDATES.md"
HEADING = "## AWS Secrets Manager (CSEC-34)"
STAMP_NAME = "docs"
# A folder with one of these files is a generated website or a JavaScript project.
BUILT_SITE = ("index.html", "package.json")
# The configuration of Hugo or Zola, which publish only pages with front matter below `content`.
# https://gohugo.io/configuration/introduction/
# https://www.getzola.org/documentation/getting-started/configuration/
HUGO_FILES = tuple(
    f"{FOLDER}/{folder}{name}.{extension}"
    for folder in ("", "config/_default/")
    for name in ("hugo", "config")
    for extension in ("toml", "yaml", "yml", "json")
)
BASE_URL = regex(rb"(?im)^[{\"' \t]{0,4}base_?url[\"']?[ \t]*[:=]")


# A part of a message of the runtime, and the solution.
TROUBLESHOOTING = (
    (
        "does not exist in AWS Secrets Manager",
        "Compare the table above with `aws secretsmanager list-secrets`: region, prefix, account",
    ),
    (
        "AWS denies access",
        "Run `aws sts get-caller-identity` to find the role or user, and attach the policy to it",
    ),
    (
        "can't be read from AWS Secrets Manager",
        "Check the network, the VPC endpoint and `AWS_ENDPOINT_URL`, which redirects the calls",
    ),
    (
        "falling back to the environment variable",
        "Fix why AWS did not return the secret, then unset the variable",
    ),
    ("boto3 is not installed", "Install the app's dependencies again"),
    ("has no field", "Add the field to the JSON document in AWS"),
)


def fix(context: FixContext) -> Outcome:
    """Add the entry to the security updates, and write the page if it is enabled."""
    advice = choose_advice(context)
    changes, skipped = add_entry(context.read, context.manifest, advice)
    if not _is_page_enabled(context):
        return changes, skipped
    page_changes, page_skipped = write_docs(
        context.read,
        context.manifest,
        context.engines,
        advice,
        reads_later=context.app.reads_later,
        page=choose_page(context),
    )
    return [*changes, *page_changes], [*skipped, *page_skipped]


def _inline_code(text: str) -> str:
    return f"`{single_line(text)}`"


def page_path(context: FixContext) -> str:
    """Return the path of the page; "" if it is not generated."""
    page = choose_page(context)
    return page if _is_page_enabled(context) and not place_problem(context.read, page) else ""


def choose_page(context: FixContext) -> str:
    """Return the path of the generated page; for a new one, as the other pages are named."""
    for page in PAGES:
        state, _ = read_stamp(read_optional(context.read, page), STAMP_NAME)
        if state in {State.OURS, State.EDITED}:
            return page
    stems = [name[:-3] for name in context.app.docs_files if name.endswith(".md")]
    is_lower = [stem.islower() for stem in stems if stem not in USUAL_PAGES]
    return LOWER_CASE_PAGE if sum(is_lower) * 2 > len(is_lower) else PAGE


def _is_page_enabled(context: FixContext) -> bool:
    """Return whether shield.toml enables the page, and the app has a folder for it in git."""
    is_site = any(
        read_optional(context.read, f"{FOLDER}/{name}") is not None for name in BUILT_SITE
    )
    if is_site or choose_page(context) in context.app.ignored_files:
        return False
    return "docs" in context.manifest.app.generate and context.app.has_folder(FOLDER)


def write_docs(
    read: FileReader,
    manifest: Manifest,
    engines: Collection[str] = (),
    advice: ProductionAdvice = DEFAULT_ADVICE,
    *,
    reads_later: bool = True,
    page: str = PAGE,
) -> Outcome:
    """Create or update the page.

    Args:
        read: Returns the bytes of a file of the app, None if it does not exist.
        manifest: The secrets of the app.
        engines: The Django database backends of shield that the settings use.
        advice: What to do with the environment variables in production.
        reads_later: Whether functions of the app read secrets after its start.
        page: The path of the page.
    """
    if not manifest.secret:
        return NOTHING
    raw = read(page)
    problem = place_problem(read, page)
    if problem:
        return skip_file(page, problem)
    state, _ = read_stamp(raw, STAMP_NAME)
    if state is State.EDITED:
        return skip_file(page, SkipId.EDITED.reason())
    if state is State.FOREIGN:
        return skip_file(page, SkipId.EXISTS.reason())
    text = render_template(
        "AWS_SECRETS_MANAGER.md.j2",
        app=manifest.app,
        secrets=describe_secrets(manifest),
        map="" if manifest.app.runtime == "package" else manifest.app.runtime,
        troubleshooting=TROUBLESHOOTING,
        engines=engines,
        advice=advice,
        kept=list(advice.kept.sentences(_inline_code)),
        has_unenforced=any(secret.optional is None for secret in manifest.secret),
        by_platform=advice.hosting.sentence(_inline_code),
        reads_later=reads_later,
        environment=advice.stage,
        signs_in=SIGN_IN_KEY in manifest.variables(),
    )
    content = header_of(raw) + stamp(STAMP_NAME, "md", align_tables(text))
    changes, skipped = create_or_replace(page, raw, content)
    navigation = [] if raw is not None else _navigation(read, page).changes
    return [*changes, *navigation], skipped


def place_problem(read: FileReader, page: str) -> SkipReason | None:
    """Return why the page can't be created in `docs`; None if it can be, or already exists.

    The folder may be a website of Hugo, Sphinx may build it from .rst files only, or its navigation
    can't be extended.
    """
    if read(page) is not None:
        return None
    if any(BASE_URL.search(read_optional(read, path) or b"") for path in HUGO_FILES):
        return SkipId.HUGO_DOCS.reason()
    folders = (FOLDER, f"{FOLDER}/source")
    sphinx = [folder for folder in folders if read_optional(read, f"{folder}/conf.py") is not None]
    if not all(read_optional(read, f"{folder}/index.md") is not None for folder in sphinx):
        return SkipId.SPHINX_DOCS.reason()
    path = _navigation(read, page).problem
    return SkipId.DOCS_NAVIGATION.reason(path=path) if path else None


def _navigation(read: FileReader, page: str) -> Navigation:
    return add_to_navigation(page.removeprefix(f"{FOLDER}/"), read)


def add_entry(
    read: FileReader,
    manifest: Manifest,
    advice: ProductionAdvice = DEFAULT_ADVICE,
) -> Outcome:
    """Add an entry to the app's security updates once, if it has such a file."""
    raw = read(UPDATES)
    if raw is None or not manifest.secret:
        return NOTHING
    if HEADING.encode() in [line.strip() for line in raw.splitlines()]:
        return NOTHING
    secrets = describe_secrets(manifest)
    text = render_template(
        "SECURITY_UPDATES.md.j2",
        heading=HEADING,
        app=manifest.app,
        secrets=secrets,
        advice=advice,
        kept=list(advice.kept.sentences(_inline_code)),
        environment=advice.stage,
    )
    return append_lines(UPDATES, raw, text, gap=True)
