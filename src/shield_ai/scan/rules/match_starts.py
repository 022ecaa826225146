"""Find the texts near which the matches of a regular expression begin.

The result is complete: each match has one of the texts, in upper or lower case, at a bounded
distance from its start. Python's `re` searches for a text only if a regular expression begins with
it, without an assertion or a choice before it.
"""

from __future__ import annotations

import functools
import itertools
import re
from typing import Any, NamedTuple

from shield_ai.scan.rules.regex_safety import REPEATS, codes, parser

# A text, and whether the text that follows in the regex continues it.
Start = tuple[str, bool]
Known = dict[tuple[Any, int], frozenset[Start]]
NOTHING: frozenset[Start] = frozenset({("", True)})
ANYTHING: frozenset[Start] = frozenset({("", False)})
ZERO_WIDTH = frozenset({codes.AT, codes.ASSERT, codes.ASSERT_NOT})
ALL_BYTES = frozenset(range(256))
CATEGORIES = {
    codes.CATEGORY_DIGIT: rb"\d",
    codes.CATEGORY_NOT_DIGIT: rb"\D",
    codes.CATEGORY_SPACE: rb"\s",
    codes.CATEGORY_NOT_SPACE: rb"\S",
    codes.CATEGORY_WORD: rb"\w",
    codes.CATEGORY_NOT_WORD: rb"\W",
}
MAX_STARTS = 128
MAX_SET = 6  # characters; a larger set such as [0-9a-f] ends a text
MIN_SIZE, MAX_SIZE = 2, 12
MAX_DISTANCE = 256  # bytes from the start of a match to a text
# A single character is only searched for after so many bytes of a set such as [0-9a-f].
MIN_BEFORE_CHARACTER = 8
# Estimated shares of the offsets of a file.
SHARE_OF_CHARACTER = 0.15  # with the right next character
SHARE_OF_SET = 0.8  # with a character of a set before it
HALF = 128
COST_OF_SEARCH = 0.003  # of a text, relative to the cost of trying a regex at an offset
MAX_COST = 0.8
LOW_COST = 0.02  # where no other anchors are searched for


class Anchor(NamedTuple):
    """A text in a match, and where the match begins before it."""

    text: bytes  # in lower case
    low: int = 0  # the number of bytes from the start of the match to the text
    high: int = 0
    between: frozenset[int] = frozenset()  # the values of these bytes
    first: frozenset[int] = frozenset()  # the values of the first byte of the match


class _Prefix(NamedTuple):
    """The part of a regex before another part."""

    low: int = 0  # its size in bytes
    high: int = 0
    values: frozenset[int] = frozenset()  # of its bytes
    first: frozenset[int] = frozenset()  # the values of its first byte

    def join(self, other: _Prefix) -> _Prefix:
        first = self.first if self.low else self.first | other.first
        low, high = self.low + other.low, self.high + other.high
        return _Prefix(low, high, self.values | other.values, first)


def find_anchors(pattern: str) -> tuple[Anchor, ...]:
    """Return the anchors of a regular expression, one of which is in each match.

    None are returned if a match can have almost any text, or if their search is slow.

    Args:
        pattern: The regular expression, for bytes.
    """
    anchors = _anchors(parser.parse(pattern.encode()), {})
    if _cost(anchors) > MAX_COST:
        return ()
    return tuple(sorted(anchors, key=lambda anchor: (anchor.text, anchor.low)))


def _anchors(nodes: Any, known: Known) -> frozenset[Anchor]:
    """Return the anchors that are the fastest to search for; none if there are none.

    Args:
        nodes: The nodes of the regular expression.
        known: The beginnings of the texts of nodes, by the identity of the nodes.
    """
    best = _text_anchors(nodes, known)
    if best and _is_usable(best) and _cost(best) < LOW_COST:
        return best
    best = frozenset()
    prefix = _Prefix()
    for index, (code, argument) in enumerate(nodes):
        for anchors in (_text_anchors(nodes[index:], known), _inner_anchors(code, argument, known)):
            moved = frozenset(_move(anchor, prefix) for anchor in anchors)
            if moved and _is_usable(moved) and (not best or _cost(moved) < _cost(best)):
                best = moved
        prefix = prefix.join(_measure(nodes[index : index + 1]))
        if prefix.high > MAX_DISTANCE:
            break
    return best


def _text_anchors(nodes: Any, known: Known) -> frozenset[Anchor]:
    """Return the texts with one of which some nodes begin.

    A text that begins with another text of the result is left out.
    """
    texts = sorted({text for text, _ in _sequence(nodes, known)})
    starts: list[str] = []
    for text in texts:  # a text sorts after its own beginnings
        if not starts or not text.startswith(starts[-1]):
            starts.append(text)
    return frozenset(Anchor(text.encode()) for text in starts)


def _inner_anchors(code: Any, argument: Any, known: Known) -> frozenset[Anchor]:
    if code is codes.SUBPATTERN:
        return _anchors(argument[-1], known)
    if code in REPEATS and argument[0]:
        return _anchors(argument[-1], known)
    if code is codes.BRANCH:
        branches = [_anchors(branch, known) for branch in argument[1]]
        return frozenset().union(*branches) if all(branches) else frozenset()
    return frozenset()


def _move(anchor: Anchor, prefix: _Prefix) -> Anchor:
    before = prefix.join(_Prefix(anchor.low, anchor.high, anchor.between, anchor.first))
    if before.high and not before.low:  # the match can also begin with the text
        before = before._replace(first=before.first | _with_both_cases(set(anchor.text[:1])))
    return Anchor(anchor.text, *before)


def _is_usable(anchors: frozenset[Anchor]) -> bool:
    if len(anchors) > MAX_STARTS:
        return False
    for anchor in anchors:
        is_letter = len(anchor.text) < MIN_SIZE and (anchor.text.isalnum() or anchor.text.isspace())
        if not anchor.text or (is_letter and anchor.low < MIN_BEFORE_CHARACTER):
            return False
        if anchor.high > MAX_DISTANCE:
            return False
    return True


def _cost(anchors: frozenset[Anchor]) -> float:
    """Estimate the share of a file's offsets at which the regular expression is tried.

    The search for the texts is included.
    """
    total = COST_OF_SEARCH * len(anchors)
    for text, low, high, between, _ in anchors:
        share = SHARE_OF_CHARACTER ** len(text) * (1 + high - low)
        total += share * (SHARE_OF_SET**low if len(between) < HALF else 1)
    return total


def _measure(nodes: Any) -> _Prefix:
    low, high = nodes.getwidth()
    values = _values(nodes)
    return _Prefix(low, high, values, values)


def _values(nodes: Any) -> frozenset[int]:
    """Return the values of the bytes that some nodes can match."""
    return frozenset().union(*(_values_of_node(code, argument) for code, argument in nodes))


def _values_of_node(code: Any, argument: Any) -> frozenset[int]:
    if code in ZERO_WIDTH:
        return frozenset()
    if code is codes.LITERAL:
        return _with_both_cases({argument})
    if code is codes.IN:
        return _values_of_set(argument)
    if code is codes.SUBPATTERN or code in REPEATS:
        return _values(argument[-1])
    if code is codes.BRANCH:
        return frozenset().union(*map(_values, argument[1]))
    return ALL_BYTES


def _values_of_set(items: Any) -> frozenset[int]:
    values: set[int] = set()
    is_negated = False
    for code, argument in items:
        if code is codes.NEGATE:
            is_negated = True
        elif code is codes.LITERAL:
            values.add(argument)
        elif code is codes.RANGE:
            low, high = argument
            values.update(range(low, high + 1))
        else:
            values |= _values_of_category(argument)
    return ALL_BYTES - values if is_negated else _with_both_cases(values)


@functools.cache
def _values_of_category(category: Any) -> frozenset[int]:
    return frozenset(match[0][0] for match in re.finditer(CATEGORIES[category], bytes(ALL_BYTES)))


def _with_both_cases(values: set[int]) -> frozenset[int]:
    text = bytes(values)
    return frozenset(text + text.swapcase())


def _sequence(nodes: Any, known: Known) -> frozenset[Start]:
    found = NOTHING
    for code, argument in nodes:
        open_starts = {text for text, is_open in found if is_open}
        if not open_starts:
            break
        key = code, id(argument)
        if key not in known:
            known[key] = _node(code, argument, known)
        following = known[key]
        joined = {(text, False) for text, is_open in found if not is_open}
        for text, (more, is_open) in itertools.product(open_starts, following):
            joined.add((text + more, is_open and len(text + more) < MAX_SIZE))
        if len(joined) > MAX_STARTS:
            return frozenset((text, False) for text, _ in found)
        found = frozenset(joined)
    return found


def _node(code: Any, argument: Any, known: Known) -> frozenset[Start]:
    if code in ZERO_WIDTH:
        return NOTHING
    if code is codes.LITERAL:
        return _characters([argument])
    if code is codes.IN:
        return _set(argument)
    if code is codes.SUBPATTERN:
        return _sequence(argument[-1], known)
    if code is codes.BRANCH:
        return frozenset().union(*(_sequence(branch, known) for branch in argument[1]))
    if code in REPEATS:
        low, high, body = argument
        once = _sequence(body, known)
        if high != 1:
            once = frozenset((text, False) for text, _ in once)
        return once if low else once | NOTHING
    return ANYTHING


def _set(items: Any) -> frozenset[Start]:
    """Return the characters of a set such as `[a-c0]`."""
    if any(code not in (codes.LITERAL, codes.RANGE) for code, _ in items):
        return ANYTHING
    ranges = [(item, item) if code is codes.LITERAL else item for code, item in items]
    if sum(high - low + 1 for low, high in ranges) > MAX_SET:
        return ANYTHING
    return _characters([number for low, high in ranges for number in range(low, high + 1)])


def _characters(numbers: list[int]) -> frozenset[Start]:
    if not all(number < 128 for number in numbers):  # several bytes
        return ANYTHING
    return frozenset((chr(number).lower(), True) for number in numbers)
