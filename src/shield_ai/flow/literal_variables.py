"""Choose other variables for hardcoded values where a variable of their name has another use.

`PASSWORD = "…"` moves to a secret with the variable PASSWORD. If a deployment file, a script or the
shell also sets PASSWORD, the app would read that value with AWS off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.manifest import ENV_VAR_NAME, Manifest
from shield_ai.model.naming import env_var_name, secret_name
from shield_ai.model.site import Shape, Site
from shield_ai.model.skip import SkipId
from shield_ai.scan.deployment.variable_mentions import find_mentioned

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from shield_ai.model.finding import Finding
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.scan import Scan

    Choice = str | SkipReason

# Variables that shells, CI systems, client programs and the images of servers define.
COMMON = frozenset({
    "CI_JOB_TOKEN", "CI_REGISTRY_PASSWORD", "DATABASE_URL", "DOCKER_PASSWORD", "GH_TOKEN",
    "GITHUB_TOKEN", "GITLAB_TOKEN", "HOME", "HOST", "HOSTNAME", "LOGNAME", "MARIADB_PASSWORD",
    "MARIADB_ROOT_PASSWORD", "MINIO_ROOT_PASSWORD", "MYSQL_PASSWORD", "MYSQL_PWD",
    "MYSQL_ROOT_PASSWORD", "NPM_TOKEN", "PASS", "PASSWD", "PASSWORD", "PGPASSWORD",
    "POSTGRES_PASSWORD", "RABBITMQ_DEFAULT_PASS", "REDIS_PASSWORD", "REDIS_URL", "TOKEN", "USER",
    "USERNAME",
})  # fmt: skip
# https://docs.aws.amazon.com/cli/v1/userguide/cli-configure-envvars.html
COMMON_PREFIXES = ("AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_", "AWS_SECURITY_")


def choose_literal_variables(scan: Scan, root: Path, manifest: Manifest | None) -> Scan:
    """Return a scan in which each hardcoded value has a variable without another use.

    A variable in shield.toml is kept.

    Args:
        scan: The scan of the app.
        root: The app's folder.
        manifest: shield.toml; None if it does not exist.
    """
    variables = {site.variable for entry, site in scan.sites if _is_named_by_tool(entry, site)}
    choices = dict(_choices(variables, scan, root, manifest))
    if not choices:
        return scan
    sites = []
    skipped = list(scan.skipped)
    for finding, site in scan.sites:
        choice = choices.get(site.variable) if _is_named_by_tool(finding, site) else None
        sites.append((finding, _with_choice(site, choice)))
        if choice and not isinstance(choice, str):
            skipped.append(choice.entry(finding.path, finding.line, finding.name))
    skipped.sort(key=lambda skip: (skip.path, skip.line, skip.name))
    return msgspec.structs.replace(scan, sites=tuple(sites), skipped=tuple(skipped))


def renamed_literals(sites: Sequence[FoundSite], app_name: str) -> Iterator[FoundSite]:
    """Yield the hardcoded values to move whose variable has the name of the app as its prefix.

    Args:
        sites: The sites of the app.
        app_name: The name of the app in shield.toml.
    """
    for finding, site in sites:
        is_renamed = site.variable == _prefixed(finding.name, app_name) != finding.name
        if is_renamed and _is_named_by_tool(finding, site):
            yield finding, site


def _prefixed(name: str, app_name: str) -> str:
    """Return a variable with the name of the app as its prefix."""
    prefix = env_var_name(app_name).strip("_")
    if not ENV_VAR_NAME.fullmatch(prefix):
        prefix = "APP"
    return name if name.startswith(f"{prefix}_") else f"{prefix}_{name}"


def _is_named_by_tool(finding: Finding, site: Site) -> bool:
    """Return whether a hardcoded value moves to a variable that the code does not name."""
    is_value = site.shape in {Shape.LITERAL, Shape.COMPUTED}
    return is_value and not site.reason and not finding.env


def _with_choice(site: Site, choice: Choice | None) -> Site:
    if choice is None:
        return site
    if isinstance(choice, str):
        return msgspec.structs.replace(site, variable=choice)
    return msgspec.structs.replace(site, reason=choice)


def _choices(
    variables: set[str], scan: Scan, root: Path, manifest: Manifest | None
) -> Iterator[tuple[str, Choice]]:
    """Yield each variable that has another use, with a new one or the reason to skip the value."""
    named = _NamedVariables(manifest, scan.facts.name)
    used = _used_by_code(scan)
    unknown: dict[str, str] = {}
    for name in sorted(variables - named.variables):
        in_manifest = named.find(name, used)
        if in_manifest:
            yield name, in_manifest
        else:
            unknown[name] = named.prefixed(name)
    if unknown:
        used |= named.variables | COMMON
        used |= find_mentioned(root, {*unknown, *unknown.values()} - used)
    for name, other in unknown.items():
        if name not in used and not name.startswith(COMMON_PREFIXES):
            continue
        if other in used:
            yield name, SkipId.VARIABLE_TAKEN.reason(variable=name, other=other)
        elif other in named.ignored:
            yield name, SkipId.IGNORED.reason()
        else:
            yield name, other


def _used_by_code(scan: Scan) -> set[str]:
    """Return the variables that the code reads, including reads that can't be moved."""
    used = set(scan.migrated)
    for finding, site in scan.sites:
        if not _is_named_by_tool(finding, site) and site.shape is not Shape.LITERAL:
            used.update((*site.variables, *site.other_variables))
    return used


class _NamedVariables:
    """The variables of shield.toml.

    Args:
        manifest: shield.toml; None if it does not exist.
        app_name: The name of the app if shield.toml does not exist.
    """

    def __init__(self, manifest: Manifest | None, app_name: str) -> None:
        self.variables = frozenset(manifest.variables() if manifest else ())
        self.ignored = frozenset(manifest.app.ignore if manifest else ())
        self._by_secret = (
            {secret.name: secret.env for secret in manifest.secret} if manifest else {}
        )
        self._app_name = manifest.app.name if manifest else app_name

    def prefixed(self, name: str) -> str:
        """Return a variable with the name of the app as its prefix."""
        return _prefixed(name, self._app_name)

    def find(self, name: str, used: Collection[str]) -> str:
        """Return the variable that shield.toml has for a hardcoded value; empty if it has none.

        Args:
            name: The variable that is named after the value.
            used: The variables that the code reads: they belong to other values.
        """
        candidates = (self.prefixed(name), self._by_secret.get(secret_name(name)))
        for candidate in candidates:
            if candidate in self.variables and candidate not in used:
                return candidate
        return ""
