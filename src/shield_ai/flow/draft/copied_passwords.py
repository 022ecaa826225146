"""Find the database passwords that the app also reads from another secret in AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.database_fields import is_database_password
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation
from shield_ai.model.skip import SkipId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.manifest import Secret
    from shield_ai.scan.python.scan import Scan

NOTE = "{name}: without a schedule, because {copy}: a rotation would change only one of them"
STEP = "{copy}: when the password changes, change it there and in {name}"


def without_copied_rotation(
    secrets: Sequence[Secret], scan: Scan
) -> tuple[list[Secret], list[str]]:
    """Return the new secrets with manual rotation of such passwords, and a line for each reason.

    Args:
        secrets: The new secrets.
        scan: The scan of the app.
    """
    copies = dict(_find_copies(secrets, scan))
    drafted: list[Secret] = []
    lines: list[str] = []
    for secret in secrets:
        if secret.name in copies and isinstance(secret.rotate, Rotation):
            lines.append(NOTE.format(name=secret.name, copy=copies[secret.name]))
            drafted.append(msgspec.structs.replace(secret, rotate="manual"))
        else:
            drafted.append(secret)
    return drafted, lines


def copy_steps(secrets: Sequence[Secret], scan: Scan) -> Iterator[str]:
    """Yield a line for each password that the app also reads from another secret.

    Args:
        secrets: The secrets in shield.toml.
        scan: The scan of the app.
    """
    for name, copy in _find_copies(secrets, scan):
        yield STEP.format(name=name, copy=copy)


def _password_variable(secret: Secret) -> str:
    return (secret.fields or {}).get("password") or secret.env or ""


def _find_copies(secrets: Sequence[Secret], scan: Scan) -> Iterator[tuple[str, str]]:
    """Yield the names of the secrets, each with the place that reads another secret."""
    databases = [secret for secret in secrets if secret.kind is Kind.DATABASE]
    reads = [skip for skip in scan.file_reads if skip.id is SkipId.READS_AWS]
    for database in databases if reads else ():
        names = _password_names(database, scan)
        if len(databases) == 1:
            names.update(read.name for read in reads if is_database_password(read.name))
        read = next((read for read in reads if read.name in names), None)
        if read:
            place = f"{read.path}:{read.line} reads {read.name} from another secret in AWS"
            yield database.name, place


def _password_names(database: Secret, scan: Scan) -> set[str]:
    """Return the variable of a password, and the settings that get its value."""
    variable = _password_variable(database)
    return {f.name for f, site in scan.sites if variable in site.variables} | {variable}
