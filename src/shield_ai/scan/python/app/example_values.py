"""Find the variables that hold public keys, by their values in files such as .env.example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.value_shapes import PUBLIC_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader

EXAMPLE_NAME = regex(r"(?=.*env)(?=.*(?:example|sample|dist|template))[\w.-]+")
ASSIGNMENT = regex(r"(?:export )?([A-Za-z_]\w*)=['\"]?(\S+)")
MAX_SIZE = 200_000  # bytes


def find_public_variables(paths: Iterable[str], read: FileReader) -> frozenset[str]:
    """Return the variables with a public key as value in an example of a .env file.

    Args:
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
    """
    variables: set[str] = set()
    for path in paths:
        name = path.rpartition("/")[2]
        if "env" not in name or not EXAMPLE_NAME.fullmatch(name):
            continue
        raw = read(path) or b""
        if len(raw) <= MAX_SIZE:
            variables.update(_public_variables(raw.decode("utf-8", "replace")))
    return frozenset(variables)


def _public_variables(text: str) -> set[str]:
    variables = set()
    for line in text.splitlines():
        assignment = ASSIGNMENT.match(line)
        if assignment and PUBLIC_KEY.match(assignment[2]):
            variables.add(assignment[1])
    return variables
