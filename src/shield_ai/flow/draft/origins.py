"""Choose where the value of each secret comes from, as locators without values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.finding import Kind
from shield_ai.model.locator import CodeLiteral, Generated, Locator
from shield_ai.model.plan import Origin
from shield_ai.model.rotation_policy import PUBLIC_FIELDS, signs_sessions_or_tokens
from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId, Skipped
from shield_ai.project.layout import is_example
from shield_ai.project.values import Values
from shield_ai.scan.python.app.cross_file import NOT_IN_PRODUCTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Secret
    from shield_ai.model.site import FoundSite, Site


class _CodeValue(NamedTuple):
    """A value in the code: a literal or a default."""

    finding: Finding
    locator: CodeLiteral
    is_literal: bool


def choose_origins(
    secret: Secret,
    sites: Sequence[FoundSite],
    read: FileReader,
    available: Mapping[str, Locator],
    prompts: Mapping[str, Locator],
) -> tuple[tuple[Origin, ...], list[Skipped]]:
    """Choose the origin of each field of a secret: a value source, the code, or a new value.

    Args:
        secret: The secret.
        sites: All sites of the app.
        read: Returns the bytes of a file of the app.
        available: The locator of each variable that has a value in a source.
        prompts: The locator of each variable that the user can be prompted for.

    Returns:
        The origins, and the values in the code that are ambiguous.
    """
    origins, ambiguous, has_value = _known_origins(secret, sites, read, available)
    if secret.optional and not has_value:
        origins.clear()  # an optional secret needs no value if the code only has its defaults
    fields = {origin.field for origin in origins}
    for variable, field in secret.variables().items():
        if field not in fields:
            prompt = None if ambiguous else prompts.get(variable)
            origins += _new_origin(secret, field, prompt)
    return tuple(origins), ambiguous


def _new_origin(secret: Secret, field: str, prompt: Locator | None) -> list[Origin]:
    """Return the origin of a field without a value: a generated value, or the prompt if any."""
    if secret.generate and field in {"", "password"}:
        is_key = secret.kind is Kind.DJANGO_SECRET_KEY
        return [Origin.of(Generated(secret.kind if is_key else "password"), field)]
    return [Origin.of(prompt, field)] if prompt else []


def _known_origins(
    secret: Secret, sites: Sequence[FoundSite], read: FileReader, available: Mapping[str, Locator]
) -> tuple[list[Origin], list[Skipped], bool]:
    """Return the origins, the ambiguous values, and whether any value is not a default."""
    origins: list[Origin] = []
    ambiguous: list[Skipped] = []
    has_value = False
    for variable, field in secret.variables().items():
        if variable in available:
            origins.append(Origin.of(available[variable], field))
            has_value = True
            continue
        values = list(_code_values(secret, variable, field, sites))
        conflict = _conflicting_value(values, read)
        if conflict:
            ambiguous.append(_ambiguous(variable, values[0].finding, conflict.finding))
        elif values:
            origins.append(Origin.of(values[0].locator, field))
            has_value = has_value or values[0].is_literal
    return origins, ambiguous, has_value


def _code_values(
    secret: Secret, variable: str, field: str, sites: Sequence[FoundSite]
) -> Iterator[_CodeValue]:
    """Yield the literals of a variable, and the defaults of a database's public fields.

    A literal signing key is not used, because everybody with access to the code knows it, and a new
    key can be generated. Defaults of passwords and values in example settings are not used, either.
    """
    if signs_sessions_or_tokens(secret):
        return
    for finding, site in sites:
        if site.variable != variable or site.reason or is_example(finding.path):
            continue
        if site.shape is Shape.LITERAL:
            locator = CodeLiteral(finding.path, site.start, site.end)
            yield _CodeValue(finding, locator, is_literal=True)
        elif field in PUBLIC_FIELDS and site.default_end:
            locator = CodeLiteral(finding.path, site.default_start, site.default_end)
            yield _CodeValue(finding, locator, is_literal=False)


def _conflicting_value(values: Sequence[_CodeValue], read: FileReader) -> _CodeValue | None:
    """Return the first value that differs from the first one."""
    if len(values) < 2:  # nothing to compare
        return None
    sources = Values({}, environ={}, read=read)
    expected = sources.resolve(values[0].locator)
    for value in values[1:]:
        if sources.resolve(value.locator) != expected:
            return value
    return None


def _ambiguous(variable: str, first: Finding, second: Finding) -> Skipped:
    reason = SkipId.SOURCES_DIFFER.reason(path=first.path, line=first.line)
    return reason.entry(second.path, second.line, variable)


def missing_variables(
    secret: Secret, origins: tuple[Origin, ...], sites: Sequence[FoundSite]
) -> list[str]:
    """Return the variables of a secret that have no value although the app needs one.

    Args:
        secret: The secret.
        origins: The chosen origins.
        sites: All sites of the app.
    """
    fields = {origin.field for origin in origins}
    variables = secret.variables()
    missing = [variable for variable, field in variables.items() if field not in fields]
    if len(missing) == len(variables):
        return [] if secret.optional else missing
    with_default = _variables_with_default(sites)
    return [variable for variable in missing if variable not in with_default]


def _variables_with_default(sites: Sequence[FoundSite]) -> set[str]:
    """Return the variables that the code always reads with a default that works in production.

    Only Shape.READ counts: with AWS on, a pydantic field of a secret with several fields does not
    use its default.
    """
    reads = [site for _, site in sites if site.shape is Shape.READ and _is_production_read(site)]
    found = {site.variable for site in reads if _works_without_value(site)}
    return found - {site.variable for site in reads if _fails_without_value(site)}


def _is_production_read(site: Site) -> bool:
    """Return False for a read that only development or tests run, and for a setdefault() call."""
    ignored = NOT_IN_PRODUCTION | {SkipId.SETS_VARIABLE}
    return site.reason is None or site.reason.id not in ignored


def _works_without_value(site: Site) -> bool:
    if not site.optional or site.is_demanded:
        return False
    return site.default_ok_in_production or not site.has_nonempty_default


def _fails_without_value(site: Site) -> bool:
    """Return whether the app does not start without the variable."""
    is_conditional = (
        site.is_guarded or site.has_alternative_branch or site.in_function or site.in_script_block
    )
    return not (site.optional or site.reason or is_conditional)
