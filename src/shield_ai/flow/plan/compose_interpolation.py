"""Interpolate the variables in values of Compose files, as Docker Compose does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.project.env_file import EXPANDED_BY_DOTENV, read_assignments
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from shield_ai.model.file_reader import FileReader

# https://docs.docker.com/reference/compose-file/interpolation/
_NAME = r"[A-Za-z_][A-Za-z0-9_]*+"
_REFERENCE = regex(
    rf"\$(?:(?P<dollar>\$)|(?P<plain>{_NAME})"
    rf"|\{{(?P<name>{_NAME})(?:(?P<sign>:?[-?+])(?P<text>[^${{}}]*+))?\}})"
)


def has_embedded_reference(text: str) -> bool:
    """Return whether a value has a reference to a variable and other text."""
    references = [match for match in _REFERENCE.finditer(text) if not match["dollar"]]
    return bool(references) and references[0].group() != text


def interpolate_compose_value(text: str, variables: Mapping[str, str]) -> str | None:
    """Return a value with its references replaced; None if a variable is not known.

    Args:
        text: The value in the Compose file.
        variables: The variables of the .env file beside the Compose file.
    """
    parts = []
    end = 0
    for match in _REFERENCE.finditer(text):
        value = "$" if match["dollar"] else _value_of(match, variables)
        if value is None or "$" in text[end : match.start()]:
            return None
        parts += [text[end : match.start()], value]
        end = match.end()
    return None if "$" in text[end:] else "".join([*parts, text[end:]])


def _value_of(match: re.Match[str], variables: Mapping[str, str]) -> str | None:
    value = variables.get(match["plain"] or match["name"])
    sign = match["sign"] or ""
    is_set = value is not None and (bool(value) or not sign.startswith(":"))
    if sign.endswith("+"):
        return match["text"] if is_set else ""
    if not is_set and sign.endswith("-"):
        return match["text"]
    return value if is_set else None


def read_compose_variables(read: FileReader, path: str) -> dict[str, str]:
    """Return the variables of the .env file beside a Compose file, without uncertain ones.

    Args:
        read: Returns the bytes of a file of the app.
        path: The Compose file.
    """
    folder = path[: path.rfind("/") + 1]
    try:
        assigned = read_assignments(read(f"{folder}.env") or b"")
    except SourceError:
        return {}
    return {
        name: values[-1]
        for name, values in assigned.items()
        if len(set(values)) == 1 and not EXPANDED_BY_DOTENV.search(values[-1])
    }
