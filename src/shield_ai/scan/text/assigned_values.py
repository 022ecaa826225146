"""Find the values with a secret-like name: by regular expressions, and by a parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.file_class import allows_unquoted, is_translation
from shield_ai.scan.text.assignments import assignments, pairs
from shield_ai.scan.text.parser_marks import ConfigTooLargeError
from shield_ai.scan.text.randomness import is_random
from shield_ai.scan.text.regions import whole_file_region
from shield_ai.scan.text.structure import parse_config

if TYPE_CHECKING:
    from shield_ai.scan.text.assignments import Assignment
    from shield_ai.scan.text.prefilter import PrefilterResult
    from shield_ai.scan.text.structure import ParsedConfig

# The option of shield's database backends that names a secret, and the path of a backend.
BACKEND_OPTION = "SECRET"
BACKEND = regex(rb"\b_?shield_runtime\.django\.\w")
BROWSER_CODE = (".js", ".mjs", ".cjs", ".ts", ".jsx", ".tsx", ".vue")
WORD = regex(r"[^\W\d_a-z][^\W\d_A-Z]+")
BACKEND_WINDOW = 600  # bytes of the entry in DATABASES before and after the option


def find_assigned(
    path: str, raw: bytes, candidates: PrefilterResult
) -> tuple[list[Assignment], bool]:
    """Return the values with a secret-like name, and whether the file is completely searched.

    Args:
        path: The file.
        raw: Its bytes.
        candidates: The result of the prefilter.
    """
    found = _find_by_regex(path, raw, candidates)
    is_complete = True
    try:
        parsed = _parse(path, raw, candidates, has_found=bool(found))
    except ConfigTooLargeError:
        parsed = None
        is_complete = False
    if parsed:
        found = [assigned for assigned in found if not parsed.covers(assigned)] + parsed.values
    return [assigned for assigned in found if _is_value(path, raw, assigned)], is_complete


def _is_value(path: str, raw: bytes, assigned: Assignment) -> bool:
    if is_translation(path) and not is_random(assigned.value):
        return False
    if path.endswith(BROWSER_CODE) and _is_label(raw, assigned):
        return False
    return not _names_backend_secret(raw, assigned)


def _is_label(raw: bytes, assigned: Assignment) -> bool:
    """Return whether a text is a word of a user interface: `{CLIENT_SECRET: "Geheimnis"}`."""
    sign = raw[assigned.name_start + len(assigned.name.encode()) : assigned.start]
    return b":" in sign and assigned.name.isupper() and bool(WORD.fullmatch(assigned.value))


def _find_by_regex(path: str, raw: bytes, candidates: PrefilterResult) -> list[Assignment]:
    whole = whole_file_region(raw)
    regions = whole if candidates.assignments is None else candidates.assignments
    pair_regions = whole if candidates.pairs is None else candidates.pairs
    found = list(assignments(raw, regions, unquoted=allows_unquoted(path)))
    return [*found, *pairs(raw, pair_regions)]


def _names_backend_secret(raw: bytes, assigned: Assignment) -> bool:
    """Return whether a text is the name of a secret in the options of shield's backends."""
    if assigned.name.rpartition(".")[2] != BACKEND_OPTION or is_random(assigned.value):
        return False
    first, last = max(0, assigned.start - BACKEND_WINDOW), assigned.end + BACKEND_WINDOW
    return bool(BACKEND.search(raw, first, last))


def _parse(
    path: str, raw: bytes, candidates: PrefilterResult, *, has_found: bool
) -> ParsedConfig | None:
    """Parse a configuration file if necessary.

    Args:
        path: The file.
        raw: Its bytes.
        candidates: The result of the prefilter.
        has_found: Whether regular expressions found an assignment, which the parser can reject.
    """
    if candidates.part and has_found:
        return parse_config(path, raw)  # syntax outside the part can matter, too
    return parse_config(path, raw, candidates.parsers, candidates.part, has_found=has_found)
