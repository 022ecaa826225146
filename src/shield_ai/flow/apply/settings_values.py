"""Collect the current values of the app's variables, for the comparison of its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.flow.value_sources import app_env_values
from shield_ai.model.locator import CodeLiteral
from shield_ai.model.rotation_policy import PUBLIC_FIELDS
from shield_ai.model.site import Shape
from shield_ai.project.runtime_names import DJANGO_STAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.site import FoundSite
    from shield_ai.project.tree import Tree
    from shield_ai.project.values import Values
    from shield_ai.scan.python.scan import Scan


class KnownValues(NamedTuple):
    """The values of an app's variables."""

    env_files: Mapping[str, Hidden]  # all variables of the env files that the user gave
    variables: Mapping[str, Hidden]  # values of the variables that the app reads
    literals: Mapping[str, Hidden]  # values of the literals in the code, by variable
    defaults: frozenset[str] = frozenset()  # variables with a constant value in the code
    stage: str = DJANGO_STAGE  # the variable with the stage of the process
    demanded: frozenset[str] = frozenset()  # variables that must be set, maybe to an empty value


def known_values(scan: Scan, manifest: Manifest, tree: Tree, values: Values) -> KnownValues:
    """Return the value of each variable that the code reads or shield.toml names.

    Args:
        scan: The scan of the app.
        manifest: shield.toml.
        tree: The app's folder.
        values: The value sources.

    Raises:
        ValueMissingError: A value can't be read from its source.
    """
    read = set(_read_variables(scan.sites))
    literals = _literal_values(scan.sites, read, values)
    needed = read | (set(manifest.variables()) - literals.keys())
    from_env_files = app_env_values(tree, manifest.app.settings)
    variables = {name: value for name, value in from_env_files.items() if name in needed}
    for variable, locator in values.locators(needed).items():
        variables[variable] = values.resolve(locator)
    defaults = _constant_variables(manifest, [*scan.sites, *scan.constants])
    return KnownValues(
        env_files=values.env_file_variables(),
        variables=variables,
        literals=literals,
        defaults=defaults,
        stage=scan.facts.stage,
        demanded=_demanded_variables(scan.sites),
    )


def _read_variables(sites: Sequence[FoundSite]) -> Iterator[str]:
    for _, site in sites:
        if site.shape is not Shape.LITERAL:
            yield from site.variables


def _demanded_variables(sites: Sequence[FoundSite]) -> frozenset[str]:
    """Return the variables without which the app does not start."""
    reads = [site for _, site in sites if site.shape is Shape.READ and not site.is_guarded]
    return frozenset(site.variable for site in reads if not site.optional)


def _constant_variables(manifest: Manifest, sites: Sequence[FoundSite]) -> frozenset[str]:
    """Return the variables for which the code always has a constant that works in production."""
    fields: dict[str, str] = {}
    for secret in manifest.secret:
        fields |= secret.variables()
    constant: set[str] = set()
    others: set[str] = set()
    for _, site in sites:
        is_harmless = site.default_ok_in_production or fields.get(site.variable) in PUBLIC_FIELDS
        if site.shape is Shape.LITERAL or (site.default_end and is_harmless):
            constant.add(site.variable)
        else:
            others.update(site.variables)
    return frozenset(constant - others)


def _literal_values(
    sites: Sequence[FoundSite], read: set[str], values: Values
) -> dict[str, Hidden]:
    """Return the value of each variable with only one literal in the code.

    One secret can't replace literals that differ from file to file.
    """
    literals: dict[str, Hidden] = {}
    ambiguous = set()
    for finding, site in sites:
        if site.shape is not Shape.LITERAL or site.reason or site.variable in read:
            continue
        value = values.resolve(CodeLiteral(finding.path, site.start, site.end))
        if literals.setdefault(site.variable, value) != value:
            ambiguous.add(site.variable)
    return {variable: value for variable, value in literals.items() if variable not in ambiguous}
