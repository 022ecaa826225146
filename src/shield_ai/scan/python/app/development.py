"""Mark sites that only development or tests need, because production has no such secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.site import READ_SHAPES, Shape
from shield_ai.model.skip import SkipId
from shield_ai.project.layout import is_example, is_test_settings
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from shield_ai.model.site import FoundSite, Site
    from shield_ai.model.skip import SkipReason

# A tool for tests in browsers also begins a name: CYPRESS_TOKEN logs in without a password.
# DEV_TO_API_KEY is a key of the site dev.to, and GOOGLE_ADS_DEV_TOKEN the token of a developer.
DEVELOPMENT_VARIABLE = regex(
    r"^(?:DEV_(?!TO_)|TEST_|E2E_|(?:CYPRESS|PLAYWRIGHT|SELENIUM)_)"
    r"|_(?:DEV_(?!TO_|(?:TOKEN|KEY)$)|(?<!AB_)(?<!A_B_)TEST(?:ING)?_)"
)
TEST_SETTING = regex(r"TEST_[A-Z]")
# Commands that create data for tests or demonstrations: insert_testing_data, load_demo_users
TEST_COMMAND = regex(
    r"/management/commands/(?:\w+_)?(?:test|testing|demo|dummy|fake|sample)_"
    r"(?:data|users?|accounts?|fixtures?)\.py$"
)
DEVELOPMENT_FILE = regex(r"(?:^|[/._-])(?:dev|development)(?:[._-][\w.-]*)?\.py$")


def explain_literals(settings: Collection[str], files: Collection[str]) -> dict[str, SkipReason]:
    """Map settings files to the reason not to migrate their literals.

    Args:
        settings: All settings files.
        files: The settings files for development and tests.
    """
    reasons: dict[str, SkipReason] = {}
    for path in settings:
        if is_example(path):
            reasons[path] = SkipId.EXAMPLE_VALUE.reason()
        elif DEVELOPMENT_FILE.search(path):
            reasons[path] = SkipId.TEST_VALUE.reason()
    if reasons.keys() | set(files) >= set(settings):
        reasons.clear()  # the app has no other settings
    return {**reasons, **dict.fromkeys(files, SkipId.TEST_VALUE.reason())}


def mark_development_reads(
    sites: list[FoundSite],
    manifest_variables: Collection[str],
    files: Collection[str],
    migrated: Mapping[str, Collection[str]],
    literals: Mapping[str, SkipReason],
) -> list[FoundSite]:
    """Add a reason to each read and each literal that only development or tests need.

    Args:
        sites: All sites of the app.
        manifest_variables: Variables named in shield.toml; they are migrated even if only
            development reads them.
        files: The settings files for development and tests.
        migrated: The variables that each file reads through get_secret.
        literals: The reason not to migrate the literals of a file, by file.
    """
    used = _variables_outside(sites, literals)
    for path, variables in migrated.items():
        if path not in files:
            used.update(variables)
    only_tested = _variables_only_for_tests(sites).difference(*migrated.values())
    marked = []
    for finding, site in sites:
        path = finding.path
        if site.shape in {Shape.LITERAL, Shape.COMPUTED}:
            reason = _explain_literal(path, site, used, manifest_variables, literals)
        elif path in files:
            reason = _explain_by_file(path, site, used, manifest_variables)
        else:
            reason = _explain_for_tests(finding.name, site, only_tested, manifest_variables)
            reason = reason or _explain_by_name(site, manifest_variables)
        marked_site = site
        if reason and not site.reason:
            marked_site = msgspec.structs.replace(site, reason=reason)
        marked.append((finding, marked_site))
    return marked


def _variables_only_for_tests(sites: Iterable[FoundSite]) -> set[str]:
    """Return the variables that only settings named TEST_… and commands for test data read."""
    for_tests: set[str] = set()
    others: set[str] = set()
    for finding, site in sites:
        is_for_tests = TEST_SETTING.match(finding.name) or TEST_COMMAND.search(finding.path)
        (for_tests if is_for_tests else others).update(site.variables)
    return for_tests - others


def _explain_for_tests(
    setting: str, site: Site, only_tested: set[str], manifest_variables: Collection[str]
) -> SkipReason | None:
    """Explain why a read for a setting or a command for tests is skipped; else None."""
    if site.variable in only_tested:
        is_chosen = site.variable in manifest_variables
        return None if is_chosen else SkipId.DEVELOPMENT_NAME.reason()
    return SkipId.DEVELOPMENT_STAGE.reason() if TEST_SETTING.match(setting) else None


def _explain_literal(
    path: str,
    site: Site,
    used: Collection[str],
    manifest_variables: Collection[str],
    literals: Mapping[str, SkipReason],
) -> SkipReason | None:
    """Explain why a literal of an example, or of settings for development or tests, is skipped.

    Returns:
        None for other files, and if shield.toml names a variable that no other file uses.
    """
    if site.variable in manifest_variables and site.variable not in used:
        return None
    return literals.get(path)


def _variables_outside(sites: list[FoundSite], files: Collection[str]) -> set[str]:
    """Return the variables that are read, or tested for, outside the given files."""
    variables: set[str] = set()
    for finding, site in sites:
        if finding.path not in files:
            variables.update(site.variables, site.other_variables)
    return variables


def _explain_by_file(
    path: str, site: Site, used: Collection[str], manifest_variables: Collection[str]
) -> SkipReason | None:
    """Explain why a site in a settings file for development or tests is skipped; else None."""
    if not site.variable or site.shape not in {*READ_SHAPES, Shape.PRESENCE}:
        return None
    if site.variable in used:
        return _explain_stage(path)
    return None if site.variable in manifest_variables else SkipId.DEVELOPMENT_FILE.reason()


def _explain_stage(path: str) -> SkipReason | None:
    """Explain why the reads in a settings file for tests or one machine stay; else None.

    Other reads in development settings are migrated, too: the app may run with AWS on. So are
    those in local_settings.py, which another settings file imports, perhaps in production.
    """
    if is_test_settings(path):
        return SkipId.DEVELOPMENT_STAGE.reason()
    return SkipId.LOCAL_STAGE.reason() if path.endswith("/local.py") else None


def _explain_by_name(site: Site, manifest_variables: Collection[str]) -> SkipReason | None:
    """Explain why a read is skipped by the name of its variable; else None."""
    if site.shape not in READ_SHAPES or site.variable in manifest_variables:
        return None
    is_development = DEVELOPMENT_VARIABLE.search(site.variable)
    return SkipId.DEVELOPMENT_NAME.reason() if is_development else None
