"""Map each secret to the code that reads it, and to the deployment files that set its variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.deployment import ValueForm
from shield_ai.reports.app_report.report_data import SecretLocations
from shield_ai.reports.deployment import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.deployment import DeploymentVariable
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.scan.python.scan import Scan

MAX_PLACES = 8  # of one secret; others are counted


def secret_locations(
    manifest: Manifest, scan: Scan, variables: Sequence[DeploymentVariable]
) -> tuple[SecretLocations, ...]:
    """Return where each secret is read and set. Secrets without any place are left out.

    Args:
        manifest: shield.toml, or a draft of it.
        scan: The scan of the app.
        variables: The lines of deployment files that set variables.
    """
    locations = []
    for secret in manifest.secret:
        name = manifest.app.prefix + secret.name
        items = [item for item in variables if item.secret == secret.name]
        in_jobs = [_describe(item) for item in items if item.form is ValueForm.READ]
        reads = [*dict.fromkeys(_reads({secret.name, name}, secret, scan)), *in_jobs]
        settings = [_describe(item) for item in items if item.form is not ValueForm.READ]
        if reads or settings:
            locations.append(
                SecretLocations(name=name, reads=_shorten(reads), settings=_shorten(settings))
            )
    return tuple(locations)


def _reads(names: set[str], secret: Secret, scan: Scan) -> Iterator[str]:
    """Yield the places that read a secret through the runtime, and that still read a variable."""
    for call in scan.secret_calls:
        if not names.isdisjoint(call.names):
            yield call.place
    for path, variable in scan.served:
        if variable in secret.variables():
            yield path
    for finding in scan.findings_of(secret.variables()):
        yield f"{finding.path}:{finding.line}"


def _describe(item: DeploymentVariable) -> str:
    return f"{item.path}:{item.line} ({item.kind.label}, {FORMS[item.form]})"


def _shorten(places: list[str]) -> tuple[str, ...]:
    if len(places) <= MAX_PLACES:
        return tuple(places)
    return (*places[:MAX_PLACES], f"and {len(places) - MAX_PLACES} more")
