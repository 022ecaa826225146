"""Find known causes of settings that an apply would change, and what to do about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.secret_map import read_map

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.flow.apply.settings_values import KnownValues
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest


def find_causes(
    manifest: Manifest,
    read: FileReader,
    values: KnownValues,
    environment: Mapping[str, Hidden],
) -> Iterator[str]:
    """Yield what to do about each known cause.

    Args:
        manifest: shield.toml.
        read: Returns the bytes of a file of the app, before the edits.
        values: The values of the app's variables and literals.
        environment: The variables of the environment and of the env files.
    """
    for old, new in _renamed_variables(manifest, read):
        if new not in environment or environment[new] != environment.get(old):
            yield (
                f"shield.toml renames {old} to {new}: set both to the same value in .env until"
                " shield apply is done"
            )
    for variable, literal in values.literals.items():
        if environment.get(variable, literal) != literal:
            yield (
                f"{variable} is set in the environment or in .env to another value than the literal"
                f" in the code, and would override it: remove {variable} from both"
            )


def _renamed_variables(manifest: Manifest, read: FileReader) -> Iterator[tuple[str, str]]:
    """Yield the old and new name of each variable that shield.toml renames."""
    current = read_map(read, manifest.app.runtime)
    if current is None:
        return
    for secret in manifest.secret:
        for variable, field in secret.variables().items():
            old = current.variable(f"{secret.name}:{field}" if field else secret.name)
            if old and old != variable:
                yield old, variable
