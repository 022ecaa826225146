"""Choose the settings files that a new shield.toml lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.layout import is_example
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.site import FoundSite
    from shield_ai.project.layout import AppFacts

# The usual names of modules that only assign constants.
CONSTANTS_FILE = regex(r"(?:^|/)(?:constants?|env|environment|variables)\.py$")
# Alembic runs this file by its path.
ALEMBIC_FILE = regex(r"(?:^|/)(?:alembic|migrations?|migrate)/env\.py$")


def choose_settings_files(sites: Sequence[FoundSite], facts: AppFacts) -> tuple[str, ...]:
    """Return the importable settings files that have findings, or else the main settings file.

    In an app that is not Django's, modules of constants with findings come first.

    Args:
        sites: The sites that can be moved.
        facts: What the same scan found out about the app.
    """
    paths = {facts.includers.get(finding.path, finding.path) for finding, _ in sites}
    importable = _importable_settings(facts)
    with_findings = tuple(path for path in importable if path in paths)
    if with_findings:
        return with_findings
    django_settings = [path for path in importable if path in facts.django_settings]
    if django_settings:
        return tuple(django_settings[:1])
    return _constants_files(sites) or tuple(importable[:1])


def _constants_files(sites: Sequence[FoundSite]) -> tuple[str, ...]:
    """Return the modules of constants that read variables when they are imported, sorted."""
    paths = {finding.path for finding, site in sites if not site.in_function}
    return tuple(sorted(path for path in paths if _is_constants_file(path)))


def _is_constants_file(path: str) -> bool:
    is_named = CONSTANTS_FILE.search(path) and not ALEMBIC_FILE.search(path)
    return bool(is_named) and not _has_other_dot(path)


def _importable_settings(facts: AppFacts) -> list[str]:
    # A file that other settings include uses names that they define, so it can't be imported on its
    # own.
    importable = [
        path for path in facts.settings if path not in facts.includers and not _has_other_dot(path)
    ]
    used = [path for path in importable if path in facts.django_settings or not is_example(path)]
    return used or importable


def _has_other_dot(path: str) -> bool:
    """Return whether a path has a dot apart from that of .py, so that it can't be imported."""
    return "." in path.removesuffix(".py")
