"""Find the rules that may match a file, with hyperscan if it is installed, else by keyword.

A prefilter only selects candidates. The regular expressions of the rules decide, so both
prefilters give the same findings. No candidate is lost: in both paths, a rule applies only to files
with one of its keywords, and `keyword_search` finds every keyword. Its regular expression is tried
near one of the texts of `match_starts`, and every match has one of them.

https://intel.github.io/hyperscan/dev-reference/
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from shield_ai.project.perf.disk_cache import get_or_create, load
from shield_ai.scan.files.file_filter import PATTERNS, Markers
from shield_ai.scan.text.parser_marks import PARSER_MARKS
from shield_ai.scan.text.prefilter_expressions import (
    ExpressionIds,
    extra_expressions,
    keyword_expression,
    simplify,
)
from shield_ai.scan.text.regions import Region, whole_file_region
from shield_ai.scan.text.token_rules import full_regex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.scan.text.token_rules import RegexRules

CACHE_NAME = "hyperscan"
WORTH_COMPILING = 2_000_000  # bytes; compiling a database pays off for larger scans
# In bytes before the end of a match. A region begins after the last newline between REACH and NEAR,
# or else at REACH.
REACH, NEAR = 320, 140
# In bytes. Files larger than two parts are searched in parts. No match is longer than the overlap.
PART_SIZE, PART_OVERLAP = 131_072, 16_384


class PrefilterResult(NamedTuple):
    """The candidates in a file. None means that the prefilter did not search for them."""

    rules: list[int]  # indexes in `RegexRules.rules`
    assignments: list[Region] | None = None
    pairs: Sequence[Region] | None = None  # a name and a value side by side
    markers: Markers | None = None  # the patterns that match, for Python files
    parsers: frozenset[str] | None = None  # keys of the `PARSER_MARKS` that match
    has_suppressions: bool | None = None
    # For long files: the regions in which each rule may match.
    rule_regions: Mapping[int, list[Region]] = {}
    part: Region | None = None  # the part that was searched; None for the whole file

    @property
    def is_empty(self) -> bool:
        """Whether the file has no candidates, as is usual."""
        if None in (self.assignments, self.pairs, self.parsers):
            return False
        return not (self.rules or self.assignments or self.pairs or self.parsers)

    def in_part(self, part: Region) -> PrefilterResult:
        """Return the candidates in a part of a file as those in the file.

        Args:
            part: The part that the prefilter searched.
        """
        regions = self.rule_regions
        return self._replace(
            assignments=_shift(self.assignments, part),
            pairs=_shift(self.pairs, part),
            rule_regions={number: _shift(regions.get(number), part) for number in self.rules},
            part=part,
        )


def _shift(regions: Sequence[Region] | None, part: Region) -> list[Region]:
    """Return regions of a part as regions of the file; the part itself if they are not known."""
    if regions is None:
        return [part]
    return [Region(*(part.start + offset for offset in region)) for region in regions]


class KeywordPrefilter:
    """Prefilter that searches for the keywords of the rules."""

    def __init__(self, tokens: RegexRules) -> None:
        self.tokens = tokens

    def find_candidates(self, raw: bytes, *, unquoted: bool) -> PrefilterResult:  # noqa: ARG002
        """Return the rules that may match a file.

        Args:
            raw: The file's bytes.
            unquoted: Not used; `HyperscanPrefilter` needs it.
        """
        return PrefilterResult(self.tokens.with_any_keyword(raw))


class HyperscanPrefilter:
    """Prefilter that searches for all rules in one pass, with hyperscan.

    Args:
        tokens: The rules.
        hyperscan: The module.
        compile_missing: Compile the database if it is not cached, which takes most of a second.

    Raises:
        LookupError: The database is not cached, and `compile_missing` is false.
    """

    _database: Any

    def __init__(self, tokens: RegexRules, hyperscan: Any, *, compile_missing: bool = True) -> None:
        self.tokens = tokens
        self._hyperscan = hyperscan
        sources = [simplify(full_regex(rule).encode()) for rule in tokens.rules]
        key = b"\0".join([hyperscan.__version__.encode(), *sources, *extra_expressions()])
        if compile_missing:
            get_or_create(CACHE_NAME, key, lambda: self._compile(sources), self._load)
        elif load(CACHE_NAME, key, self._load) is None:
            raise LookupError
        self._scratch = hyperscan.Scratch(self._database)
        self._database.scratch = self._scratch
        self._ids = ExpressionIds(len(sources))
        self._no_candidates = PrefilterResult(
            rules=[],
            assignments=[],
            pairs=(),
            markers=Markers(*[False] * len(PATTERNS)),
            parsers=frozenset(),
            has_suppressions=False,
        )

    def _load(self, packed: bytes) -> bool:
        """Load a database; return False if the cached file is invalid."""
        try:
            self._database = self._hyperscan.loadb(packed, self._hyperscan.HS_MODE_BLOCK)
        except self._hyperscan.error:
            return False
        return True

    def _compile(self, sources: list[bytes]) -> bytes:
        extra = extra_expressions()
        try:
            database = self._compile_expressions(sources, extra)
        except self._hyperscan.error:
            # A custom rule uses syntax that hyperscan does not support.
            supported = []
            for source, rule in zip(sources, self.tokens.rules, strict=True):
                is_supported = self._is_supported(source)
                supported.append(source if is_supported else keyword_expression(rule))
            database = self._compile_expressions(supported, extra)
        return bytes(self._hyperscan.dumpb(database))

    def _is_supported(self, source: bytes) -> bool:
        try:
            self._compile_expressions([source], [])
        except self._hyperscan.error:
            return False
        return True

    def _compile_expressions(self, rules: list[bytes], extra: list[bytes]) -> Any:
        hs = self._hyperscan
        first_match = hs.HS_FLAG_SINGLEMATCH | hs.HS_FLAG_PREFILTER
        flags = [first_match] * (len(rules) + len(extra))
        if extra:
            ids = ExpressionIds(len(rules))
            flags[ids.quoted_assignment] = 0  # report every match
            flags[ids.unquoted_assignment] = 0
        database = hs.Database(mode=hs.HS_MODE_BLOCK)
        database.compile(
            expressions=[*rules, *extra],
            ids=list(range(len(flags))),
            elements=len(flags),
            flags=flags,
        )
        return database

    def find_candidates(self, raw: bytes, *, unquoted: bool) -> PrefilterResult:
        """Return the rules that may match a file.

        Args:
            raw: The file's bytes.
            unquoted: Whether values may be unquoted.
        """
        numbers, assignment_ends = self._scan(raw, unquoted=unquoted)
        if not numbers and not assignment_ends:
            return self._no_candidates
        ids = self._ids
        found = set(numbers)
        has_rule_or_pair = any(number <= ids.pair for number in found)  # their ids are the lowest
        rule_regions: dict[int, list[Region]] = {}
        if has_rule_or_pair and len(raw) > 2 * PART_SIZE:
            rule_regions = self._scan_parts(raw, unquoted=unquoted)
        rules = [number for number in found if number in ids.rules]
        parsers = zip(PARSER_MARKS, ids.parsers, strict=True)
        return PrefilterResult(
            rules=self.tokens.with_keyword(raw, rules),
            assignments=_assignment_regions(raw, assignment_ends),
            pairs=self._pair_regions(raw, found, rule_regions),
            markers=Markers(*[number in found for number in ids.markers]),
            parsers=frozenset(name for name, number in parsers if number in found),
            has_suppressions=ids.suppression in found,
            rule_regions=rule_regions,
        )

    def _pair_regions(
        self, raw: bytes, found: set[int], rule_regions: Mapping[int, list[Region]]
    ) -> Sequence[Region]:
        if self._ids.pair not in found:
            return ()
        return rule_regions.get(self._ids.pair) or whole_file_region(raw)

    def _scan(self, raw: bytes, *, unquoted: bool) -> tuple[list[int], list[int]]:
        """Return the ids of the expressions that match, and the end offsets of assignments."""
        numbers: list[int] = []
        assignment_ends: list[int] = []
        assignment, excluded = self._ids.quoted_assignment, self._ids.unquoted_assignment
        if unquoted:
            assignment, excluded = excluded, assignment

        def on_match(number: int, _start: int, end: int, _flags: int, _context: Any) -> None:
            if number == assignment:
                assignment_ends.append(end)
            elif number != excluded:
                numbers.append(number)

        self._database.scan(raw, match_event_handler=on_match)
        return numbers, assignment_ends

    def _scan_parts(self, raw: bytes, *, unquoted: bool) -> dict[int, list[Region]]:
        """Return the parts of a long file in which each expression matches."""
        regions: dict[int, list[Region]] = {}
        for start in range(0, len(raw), PART_SIZE):
            stop = min(start + PART_SIZE, len(raw))
            end = min(start + PART_SIZE + PART_OVERLAP, len(raw))
            numbers, _ = self._scan(raw[max(0, start - 1) : end], unquoted=unquoted)
            for number in numbers:
                regions.setdefault(number, []).append(Region(start, stop, end))
        return regions


def _assignment_regions(raw: bytes, ends: list[int]) -> list[Region]:
    """Extend the end of each match to a region with the lines of its name and its value.

    The value may be on the next line. REACH limits the region on long lines, for example in
    generated files.
    """
    regions: list[Region] = []
    line_end = next_line_end = 0
    for end in ends:
        if regions and end <= regions[-1].stop:
            continue
        if end > line_end or not regions:
            line_end = _line_end(raw, end)
            next_line_end = _line_end(raw, line_end + 1)
        newline = raw.rfind(b"\n", max(0, end - REACH), max(0, end - NEAR))
        start = newline + 1 if newline >= 0 else max(0, end - REACH)
        if regions and start <= regions[-1].stop:
            start = regions.pop().start
        regions.append(Region(start, min(line_end, end + REACH), next_line_end))
    return regions


def _line_end(raw: bytes, at: int) -> int:
    newline = raw.find(b"\n", at)
    return len(raw) if newline < 0 else newline


@functools.cache
def load_hyperscan() -> Any:
    """Import hyperscan, which is optional; None if it is not installed."""
    try:
        import hyperscan  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    return hyperscan


def create_prefilter(tokens: RegexRules, size: int) -> KeywordPrefilter | HyperscanPrefilter:
    """Choose a prefilter.

    Args:
        tokens: The rules.
        size: The bytes to scan. Small scans use hyperscan only if its database is cached.
    """
    module = load_hyperscan()
    if module is None:
        return KeywordPrefilter(tokens)
    try:
        return HyperscanPrefilter(tokens, module, compile_missing=size >= WORTH_COMPILING)
    except LookupError:
        return KeywordPrefilter(tokens)
