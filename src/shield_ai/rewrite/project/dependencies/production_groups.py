"""Find the dependency groups and extras that the project installs in production."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from shield_ai.model.file_reader import read_optional
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.dependencies.wanted_requirements import InstalledGroups

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from shield_ai.rewrite.project.fixer import FixContext

MAX_SIZE = 100_000  # bytes; the rest of a larger file is ignored
FOLDERS = ("", "bin/", "deploy/", "script/", "scripts/")
STEMS = ("deploy", "release", "build", "install", "setup", "update", "entrypoint", "start", "run")
SCRIPTS = (
    *("Procfile", "Makefile", "justfile", "bin/post_compile"),
    *(f"{folder}{stem}{end}" for folder in FOLDERS for stem in STEMS for end in ("", ".sh")),
)
DEPLOYMENT = regex(r".*(?:deploy|prod|release|image|docker|build)[^/]*\.ya?ml")
# https://docs.astral.sh/uv/reference/cli/#uv-sync, https://python-poetry.org/docs/cli/#install
NAMES = r"[ =]+[\"']?([A-Za-z0-9][\w.,-]*)"
GROUPS = regex(r"--(?:group|with)" + NAMES)
EXTRAS = regex(r"(?:--extras?|[ \t]-E)" + NAMES + r"|[ \t\"']\.\[([\w., -]+)\]")
PRODUCTION = frozenset({"prod", "production", "server"})
# An extra of a package on PyPI, so that its other users do not install boto3.
NEW_EXTRA = "aws"
PUBLISHES = regex(
    r"pypa/gh-action-pypi-publish@|\b(?:uv|poetry)[ \t]+publish\b|\btwine[ \t]+upload\b"
)
# In a script or a workflow, these groups may have the tools of the machine that deploys.
IMAGE_ONLY = frozenset({"deploy", "deployment"})


def find_production_groups(context: FixContext) -> InstalledGroups:
    """Return the groups and extras for production that Dockerfiles and scripts install.

    A package that a workflow publishes and that has no image also has an extra for production.
    """
    images = "\n".join(dockerfile.text for dockerfile in context.app.dockerfiles)
    workflows = context.app.workflows
    deployments = [path for path in workflows if DEPLOYMENT.fullmatch(path)]
    other = _read(context, [*SCRIPTS, *deployments])
    groups, extras = (
        (_names(pattern, images) & (PRODUCTION | IMAGE_ONLY))
        | (_names(pattern, other) & PRODUCTION)
        for pattern in (GROUPS, EXTRAS)
    )
    if not context.app.dockerfiles and PUBLISHES.search(_read(context, workflows)):
        return InstalledGroups(groups, extras | {NEW_EXTRA}, NEW_EXTRA)
    return InstalledGroups(groups, extras)


def _read(context: FixContext, paths: Iterable[str]) -> str:
    """Return the start of each of some files."""
    files = [read_optional(context.read, path) or b"" for path in paths]
    return b"\n".join(raw[:MAX_SIZE] for raw in files).decode("utf-8", "replace")


def _names(pattern: re.Pattern[str], text: str) -> set[str]:
    """Return the names that a pattern finds, in the form of distribution names."""
    lists = ["".join(match.groups("")) for match in pattern.finditer(text)]
    return {canonicalize_name(name.strip()) for names in lists for name in names.split(",")}
