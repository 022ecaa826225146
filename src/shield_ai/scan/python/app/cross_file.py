"""Mark sites that cannot be migrated because of code in other files of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.site import READ_SHAPES, FoundSite, Shape, Site
from shield_ai.model.skip import SkipId, SkipReason

if TYPE_CHECKING:
    from shield_ai.model.finding import Finding


# https://boto3.amazonaws.com/v1/documentation/api/latest/guide/configuration.html
# https://docs.djangoproject.com/en/stable/ref/django-admin/#createsuperuser
# https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html
RESERVED = {
    "AWS_SESSION_TOKEN": SkipId.READ_BY_BOTO3.reason(),
    "DJANGO_SUPERUSER_PASSWORD": SkipId.COMMAND_OPTION.reason(),
    "VCAP_SERVICES": SkipId.SET_BY_PLATFORM.reason(),
}
# The functions that read these variables themselves.
# https://docs.sentry.io/platforms/python/configuration/options/#dsn
# https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html
OWN_READERS = {
    "SENTRY_DSN": "sentry_sdk.init",
    "AWS_ACCESS_KEY_ID": "boto3.client",
    "AWS_SECRET_ACCESS_KEY": "boto3.client",
}
# For reads outside production, the default in the code is sufficient.
NOT_IN_PRODUCTION = frozenset(
    {SkipId.DEVELOPMENT_STAGE, SkipId.DEVELOPMENT_CLASS, SkipId.BUILD_CLASS}
)


class ProjectContext(msgspec.Struct):
    """What the scan has collected from all files of an app."""

    # variables already read through get_secret
    migrated: set[str] = msgspec.field(default_factory=set)
    # texts that a computed variable name may equal
    computed_names: set[str] = msgspec.field(default_factory=set)
    # path of each settings file, and its settings with a value that is not constant
    assigned_settings: list[tuple[str, set[str]]] = msgspec.field(default_factory=list)
    # variables that shield.toml ignores: they contain no secret
    ignored: frozenset[str] = frozenset()
    # why variables stay in the environment, unless shield.toml names them
    reserved: dict[str, SkipReason] = msgspec.field(default_factory=dict)
    # variables in shield.toml
    named: frozenset[str] = frozenset()
    # variables that a deployment file takes from a secret store, or a document shows with a login,
    # and a message with the file
    secrets_by_file: dict[str, str] = msgspec.field(default_factory=dict)
    # the settings files for development and tests
    development: frozenset[str] = frozenset()
    # why variables with a secret-like name are not secrets
    harmless: dict[str, SkipReason] = msgspec.field(default_factory=dict)
    # those that contain a name which a person chooses
    chosen: dict[str, SkipReason] = msgspec.field(default_factory=dict)
    # prefixes, and the function that loads all variables with the prefix
    loaded_prefixes: dict[str, str] = msgspec.field(default_factory=dict)

    def loader(self, variable: str) -> str:
        """Return the function that loads a variable by its prefix, or ""."""
        for prefix, function in self.loaded_prefixes.items():
            if variable.startswith(prefix):
                return function
        return ""


def apply_context(sites: list[FoundSite], context: ProjectContext) -> list[FoundSite]:
    """Add a reason to each site that cannot be migrated because of code in other files.

    Args:
        sites: All sites of the app.
        context: What the scan has collected.
    """
    remaining = {
        (finding.path, site.variable)
        for finding, site in sites
        if site.shape in READ_SHAPES and site.reason and not _is_only_tested(site)
    }
    read = _ReadVariables(_migratable_variables(sites, context) | context.migrated, remaining)
    return [(finding, _apply(finding, site, read, context)) for finding, site in sites]


def _migratable_variables(sites: list[FoundSite], context: ProjectContext) -> set[str]:
    """Return the variables with a read that can be migrated."""
    variables: set[str] = set()
    for _, site in sites:
        if site.shape in READ_SHAPES and not site.reason and not _is_only_tested(site):
            variables.update(v for v in site.variables if not _explain_read(site, v, context))
    return variables - context.ignored


class _ReadVariables(NamedTuple):
    """The variables that the app reads."""

    movable: set[str]  # through get_secret, now or after the rewrite
    remaining: set[tuple[str, str]]  # in another way: the file and the variable

    def has(self, path: str, variable: str) -> bool:
        """Return whether get_secret() reads a variable, or the file reads it in another way."""
        return variable in self.movable or (path, variable) in self.remaining


def _is_only_tested(site: Site) -> bool:
    """Return whether the code only tests a variable; a library may read it."""
    return site.shape is Shape.PRESENCE or (site.is_only_tested and not site.possible_variables)


def _apply(finding: Finding, site: Site, read: _ReadVariables, context: ProjectContext) -> Site:
    """Add the reason to one site.

    Args:
        finding: The finding.
        site: Its site.
        read: The variables that the app reads.
        context: What the scan has collected.
    """
    reason: SkipReason | None
    reasons = {v: _reason(finding, site, v, read, context) for v in site.variables}
    narrowed = _drop_blocked_variables(site, reasons)
    if narrowed is not site:
        return _apply(finding, narrowed, read, context)
    if site.reason:
        is_development = finding.path in context.development
        reason = _keep_variables(site, site.reason, read.movable, is_development=is_development)
    else:
        reason = next(filter(None, reasons.values()), None)
    if reason == site.reason:
        return site
    return msgspec.structs.replace(site, reason=reason)


def _keep_variables(
    site: Site, reason: SkipReason, movable: set[str], *, is_development: bool
) -> SkipReason:
    """Add the advice to keep setting the variables, if the read needs them in deployments."""
    needed = [variable for variable in site.variables if variable in movable]
    has_default = site.has_nonempty_default and reason.id in NOT_IN_PRODUCTION
    if is_development and reason.id is SkipId.SETS_VARIABLE:
        has_default = site.optional  # as in setdefault(), which production does not run
    is_local = reason.id is SkipId.LOCAL_STAGE
    if not needed or has_default or is_local or site.shape not in READ_SHAPES:
        return reason
    return reason.keeping(needed)


def _drop_blocked_variables(site: Site, reasons: dict[str, SkipReason | None]) -> Site:
    """Move the possible variables that can't be migrated to `other_variables`, if some can be."""
    migratable = [variable for variable in site.possible_variables if not reasons[variable]]
    blocked = [variable for variable in site.possible_variables if reasons[variable]]
    if not migratable or not blocked:
        return site
    return msgspec.structs.replace(
        site,
        possible_variables=tuple(migratable),
        other_variables=(*site.other_variables, *blocked),
    )


def _reason(
    finding: Finding, site: Site, variable: str, read: _ReadVariables, context: ProjectContext
) -> SkipReason | None:
    """Explain why a variable cannot be migrated; None if it can."""
    if variable in context.ignored:
        return SkipId.IGNORED.reason()
    if _is_only_tested(site) and variable not in read.movable:
        return _explain_test(variable, context)
    if site.shape is Shape.PRESENCE:
        return None
    if site.shape in READ_SHAPES:
        return _explain_read(site, variable, context)
    if read.has(finding.path, variable):
        return SkipId.DEVELOPMENT_VALUE_ALSO_READ.reason(variable=variable)
    for path, names in context.assigned_settings:
        if finding.name in names and path != finding.path:
            case = SkipId.DEVELOPMENT_VALUE_OVERWRITTEN
            return case.reason(path=path, setting=finding.name)
    return None


def _explain_test(variable: str, context: ProjectContext) -> SkipReason:
    """Explain why a presence test stays: no read of its variable is migrated."""
    reason = context.reserved.get(variable) or context.harmless.get(variable)
    function = OWN_READERS.get(variable)
    if not reason and function:
        reason = SkipId.READ_BY_LIBRARY.reason(function=function)
    return reason or SkipId.NO_READ_MOVED.reason(variable=variable)


def _explain_read(site: Site, variable: str, context: ProjectContext) -> SkipReason | None:
    """Explain why a read of a variable cannot be migrated; None if it can."""
    function = context.loader(variable)
    if function and site.optional and variable not in context.named:
        return SkipId.READ_BY_LIBRARY.reason(function=function)  # the read is only a fallback
    if variable in context.reserved:
        return context.reserved[variable]
    if variable in context.computed_names:
        return SkipId.ALSO_COMPUTED.reason(variable=variable)
    return None
