"""Find the values of a file with a secret-like name that are not secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.findings.from_candidates import is_probably_label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.skip import Skipped
    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.visit.visitor import SecretVisitor


def find_harmless_values(
    source: Source, visitor: SecretVisitor, *, in_settings: bool
) -> Iterator[Skipped]:
    """Yield the values with a secret-like name that are not secrets, each name once.

    Outside the settings, only names in upper case are reported.

    Args:
        source: The file.
        visitor: The visitor of the file, after its run.
        in_settings: Whether the file is a settings file.
    """
    values = list(visitor.not_secrets)
    if not in_settings:
        reason = SkipId.HARMLESS_OUTSIDE_SETTINGS.reason()
        for candidate in visitor.candidates:
            if is_probably_label(candidate):
                values.append((candidate.node, candidate.target, reason))
    reported: set[str] = set()
    for node, full_name, reason in values:
        name = full_name.rstrip(".0123456789")
        if name not in reported and (in_settings or name.isupper()):
            reported.add(name)
            yield reason.entry(source.path, node.lineno, name)
