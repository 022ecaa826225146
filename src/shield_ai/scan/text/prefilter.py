"""Which rules may match a file, and where: by hyperscan over the bytes where it is installed, else by plain search.

Both only narrow down; what is found is decided by the same regular expressions afterwards, so that the findings are the
same. https://intel.github.io/hyperscan/dev-reference/
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from shield_ai.project.perf.disk_cache import get_or_create, load
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files import file_filter
from shield_ai.scan.files.suppressions import MARK
from shield_ai.scan.text import assignments
from shield_ai.scan.text.assignments import PAIR_MARK
from shield_ai.scan.text.regions import Region, whole
from shield_ai.scan.text.structure import MARKS
from shield_ai.scan.text.tokens import AROUND, source_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shield_ai.scan.rules.pattern import Rule
    from shield_ai.scan.text.tokens import Tokens

NAME = "hyperscan"  # of what is kept
ENOUGH = 2_000_000  # bytes from which the database is worth making
# What the assignments begin with, up to the first character of the value: in code, and where values stand bare.
TELLING = rb"(?i)" + assignments.CORE + assignments.NAME_END + rb"\\?[\"'`]?\]?\)?"
AFTER = (
    rb"\s{0,40}(?::[^\n\"'`]{0,50}=|[:?+]?=|={2,3}>?|!={1,2}|=>|:|"
    + assignments.ELSE
    + rb"|[\"'`]\s{0,4},)"
)
AFTER += rb"\s{0,40}[\[(]?\s{0,40}"
CALL = rb"[\w.\[\]]{0,50}(?:" + assignments.CALLS + rb")\([ \t]{0,4}"
NOTHING = rb"[ \t]{1,3}(?:is[ \t:]{1,3})?[\"'`]"
CODE = (
    TELLING + rb"(?:" + AFTER + rb"(?:" + CALL + rb")?[bBrRuUfF@$]{0,2}\\?[\"'`]|" + NOTHING + rb")"
)
TEXT = (
    TELLING + rb"(?:" + AFTER + rb"[^\s]|" + NOTHING + rb"|[ \t]{1,4}[\"']?[A-Za-z0-9+/=_\-]{12})"
)
REPEAT = regex(rb"\{(\d+)(,?)(\d*)\}")
FEW = 40
# What stands before a secret: hyperscan knows no looking around, but need not say where a match begins. What stands
# behind one would cost it more than it spares.
CONSUMED = b"(?:^|[^A-Za-z0-9])"
# Bytes: the longest name, and what stands between it and its value; what a short line has before the value.
REACH, NEAR = 320, 140
# Of a file that is more than twice as long, each part is looked at by itself; nothing that a rule finds is longer than
# what two parts share.
PART, OVER = 131_072, 16_384


class Candidates(NamedTuple):
    """What may be found in one file."""

    rules: list[int]
    regions: list[Region] | None = None  # where assignments may stand; None: anywhere
    # where a name and a value may stand side by side; None: anywhere
    pairs: Sequence[Region] | None = None
    worth: tuple[bool, ...] | None = None  # of Python: which of `worth.ALL` match
    # for which of `structure.MARKS` it has something that may be misread
    hard: frozenset[str] | None = None
    ignores: bool | None = None  # whether a comment may accept something; None: nobody looked
    # of a long file: where each rule may match; elsewhere, nobody looked
    parts: Mapping[int, list[Region]] = {}

    @property
    def nothing(self) -> bool:
        """Whether nothing at all can be found, as in most files."""
        return not (
            self.rules
            or self.regions
            or self.pairs
            or self.hard
            or None in (self.regions, self.pairs, self.hard)
        )


class Plain:
    """Without hyperscan."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens

    # the other one needs it
    def look(self, raw: bytes, *, bare: bool) -> Candidates:  # noqa: ARG002
        """Say what may be found in a file."""
        return Candidates(self.tokens.candidates(raw))


class Hyper:
    """With hyperscan: one pass over the bytes for all rules at once.

    Args:
        tokens: The rules.
        hyperscan: The module.
        make: Compile the database where none is kept, which takes most of a second.

    Raises:
        LookupError: There is none, and none is to be made.
    """

    _database: Any

    def __init__(self, tokens: Tokens, hyperscan: Any, *, make: bool = True) -> None:
        self.tokens = tokens
        self._hyperscan = hyperscan
        sources = [_plain(source_of(rule).encode()) for rule in tokens.rules]
        key = b"\0".join([hyperscan.__version__.encode(), *sources, *self._extra()])
        found = (
            get_or_create(NAME, key, lambda: self._compile(sources), self._load)
            if make
            else load(NAME, key, self._load)
        )
        if found is None:
            raise LookupError
        self._scratch = hyperscan.Scratch(self._database)
        self._database.scratch = self._scratch
        self._places = {False: len(sources), True: len(sources) + 1}
        self._pairs = len(sources) + 2
        self._ignores = len(sources) + 3
        self._worth = range(self._ignores + 1, self._ignores + 1 + len(file_filter.ALL))
        self._hard = self._worth.stop
        self._nothing = Candidates(
            [], [], pairs=(), worth=(False,) * len(file_filter.ALL), hard=frozenset(), ignores=False
        )

    def _load(self, packed: bytes) -> bool:
        """Whether it is a database; what a full disk or somebody left in the cache may be none."""
        try:
            self._database = self._hyperscan.loadb(packed, self._hyperscan.HS_MODE_BLOCK)
        except self._hyperscan.error:
            return False
        return True

    def _compile(self, sources: list[bytes]) -> bytes:
        try:
            database = self._made([*sources, *self._extra()])
        except self._hyperscan.error:
            # a rule of the app has what Python's re knows and hyperscan does not
            sources = [
                source if self._knows(source) else _words(rule)
                for source, rule in self._paired(sources)
            ]
            database = self._made([*sources, *self._extra()])
        return bytes(self._hyperscan.dumpb(database))

    def _paired(self, sources: list[bytes]) -> Iterable[tuple[bytes, Rule]]:
        return zip(sources, self.tokens.rules, strict=True)

    def _knows(self, source: bytes) -> bool:
        try:
            self._made([source], extra=0)
        except self._hyperscan.error:
            return False
        return True

    def _made(self, expressions: list[bytes], extra: int | None = None) -> Any:
        hs = self._hyperscan
        extra = len(self._extra()) if extra is None else extra
        database = hs.Database(mode=hs.HS_MODE_BLOCK)
        once = hs.HS_FLAG_SINGLEMATCH | hs.HS_FLAG_PREFILTER
        database.compile(
            expressions=expressions,
            ids=list(range(len(expressions))),
            elements=len(expressions),
            flags=[*[once] * (len(expressions) - extra), *[0, 0][:extra], *[once] * (extra - 2)],
        )
        return database

    def _extra(self) -> list[bytes]:
        hard = (re.sub(rb"\(\?P<\w+>", b"(?:", mark.pattern) for mark in MARKS.values())
        return [
            CODE,
            TEXT,
            PAIR_MARK.pattern,
            MARK.pattern,
            *(pattern.pattern for pattern in file_filter.ALL),
            *map(_plain, hard),
        ]

    def look(self, raw: bytes, *, bare: bool) -> Candidates:
        """Say what may be found in a file."""
        rules, ends = self._scan(raw, bare=bare)
        if not rules and not ends:
            return self._nothing
        found = set(rules)
        parts = (
            self._parts(raw, bare=bare)
            if len(raw) > 2 * PART and min(found, default=0) <= self._pairs
            else {}
        )
        return Candidates(
            rules=self.tokens.worded(
                raw, (number for number in found if number < self._places[False])
            ),
            regions=_regions(raw, ends),
            pairs=parts.get(self._pairs) or whole(raw) if self._pairs in found else (),
            worth=tuple(number in found for number in self._worth),
            hard=frozenset(
                name for number, name in enumerate(MARKS, self._hard) if number in found
            ),
            ignores=self._ignores in found,
            parts=parts,
        )

    def _scan(self, raw: bytes, *, bare: bool) -> tuple[list[int], list[int]]:
        """Return the numbers of what may be there, and where assignments have their values."""
        rules: list[int] = []
        ends: list[int] = []
        place, other = self._places[bare], self._places[not bare]

        def seen(number: int, _start: int, end: int, _flags: int, _context: Any) -> None:
            if number == place:
                ends.append(end)
            elif number != other:
                rules.append(number)

        self._database.scan(raw, match_event_handler=seen)
        return rules, ends

    def _parts(self, raw: bytes, *, bare: bool) -> dict[int, list[Region]]:
        """Say of a long file in which parts each rule may match."""
        parts: dict[int, list[Region]] = {}
        for start in range(0, len(raw), PART):
            stop, end = min(start + PART, len(raw)), min(start + PART + OVER, len(raw))
            for number in self._scan(raw[max(0, start - 1) : end], bare=bare)[0]:
                parts.setdefault(number, []).append(Region(start, stop, end))
        return parts


def _words(rule: Rule) -> bytes:
    """Stand for a rule by its keywords."""
    return b"(?i)" + b"|".join(re.escape(word).encode() for word in rule.keywords or rule.context)


def _plain(source: bytes) -> bytes:
    """Give hyperscan what it understands: the rest is what PREFILTER stands for."""
    source = REPEAT.sub(_loose, source.replace(AROUND[0].encode(), CONSUMED))
    found = re.search(rb"\(\?[ims]+\)", source)
    return found[0] + source.replace(found[0], b"", 1) if found else source


def _loose(match: re.Match[bytes]) -> bytes:
    """Count no further than a few: a repeat of thousands makes a machine of thousands of states."""
    low, comma, high = int(match[1]), match[2], match[3]
    if comma and high and int(high) <= FEW:
        return match[0]
    return b"{%d,}" % min(low, FEW) if comma or low > FEW else match[0]


def _regions(raw: bytes, ends: list[int]) -> list[Region]:
    """Widen each place to the lines around it: of the name, and of a value on the line after.

    Of a long line, as programs write them, to as much as the longest name and what stands between it and its value.
    """
    out: list[Region] = []
    line = following = 0  # where the line of a place ends, and the one after
    for end in ends:
        if out and end <= out[-1].stop:
            continue
        if end > line or not out:
            line = _line_end(raw, end)
            following = _line_end(raw, line + 1)
        begins = raw.rfind(b"\n", max(0, end - REACH), max(0, end - NEAR))
        start = begins + 1 if begins >= 0 else max(0, end - REACH)
        if out and start <= out[-1].stop:
            start = out.pop().start
        out.append(Region(start, min(line, end + REACH), following))
    return out


def _line_end(raw: bytes, at: int) -> int:
    found = raw.find(b"\n", at)
    return len(raw) if found < 0 else found


@functools.cache
def hyperscan() -> Any:
    """Return the module; None where it is not installed."""
    try:
        # an extra, slow to load
        import hyperscan as module  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None
    return module


def prefilter(tokens: Tokens, size: int) -> Plain | Hyper:
    """Choose by the number of bytes to come, and by what an earlier scan has left."""
    module = hyperscan()
    try:
        return Hyper(tokens, module, make=size >= ENOUGH) if module else Plain(tokens)
    except LookupError:
        return Plain(tokens)
