"""One file's credentials: candidates, matches, judgement, and one finding for each secret however many rules see it."""

from __future__ import annotations

import codecs
import functools
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.file_class import graded, translated, unquoted
from shield_ai.scan.rules.pattern import RuleKind
from shield_ai.scan.text.assignments import assignments, pairs
from shield_ai.scan.text.credibility import (
    LABELS,
    Family,
    family,
    judge,
)
from shield_ai.scan.text.prefilter import Plain
from shield_ai.scan.text.randomness import is_random
from shield_ai.scan.text.regions import whole
from shield_ai.scan.text.structure import structure
from shield_ai.scan.text.tokens import KNOWN, Tokens
from shield_ai.scan.text.value_shapes import is_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pathspec

    from shield_ai.scan.rules.pattern import Pattern, Rule
    from shield_ai.scan.text.prefilter import Candidates, Hyper

PASSWORD, SECRET = "CRED.password", "CRED.secret"
# The name in front of a value, as far as a line says it.
NAMED = regex(
    rb"([A-Za-z_][\w.\-]{0,60})[\"'`]?\]?\)?[ \t]{0,8}(?::[ \t]*\w+[ \t]*)?(?:=>|:=|={1,3}|:|\()[ \t]{0,8}"
    rb"\(?[\"'`bBrRfFuU]{0,4}[^\r\n\"'=:]{0,80}\Z"
)

SCHEME = regex(rb"[A-Za-z][A-Za-z0-9+.\-]{0,40}://[^\s/]{0,200}\Z")
EVERY = frozenset({"*", "**", "**/*"})
LONE = regex(rb"\r(?!\n)")


class Hit(NamedTuple):
    """A secret in the bytes of a file."""

    rule: Rule
    name: str
    start: int
    end: int
    severity: Severity
    confidence: Confidence
    rank: int  # the lower, the more the rule knows about it


class Detector:
    """The rules of some patterns.

    Args:
        patterns: The built-in one and those of the app.
        prefilter: Narrows down what may be found; plain search by default.
    """

    def __init__(self, patterns: Iterable[Pattern], prefilter: Plain | Hyper | None = None) -> None:
        self.patterns = tuple(patterns)
        self.rules = {rule.id: rule for pattern in self.patterns for rule in pattern.rules}
        self.tokens = prefilter.tokens if prefilter else Tokens(self.rules.values())
        self.prefilter = prefilter or Plain(self.tokens)
        self._files = {
            rule.id: f
            for pattern in self.patterns
            for rule in pattern.rules
            if (f := _files(pattern, rule))
        }

    def look(self, path: str, raw: bytes, candidates: Candidates | None = None) -> list[Finding]:
        """Return the findings of a file, in order.

        Args:
            path: Relative, with slashes; says what kind of place it is.
            raw: Its bytes.
            candidates: What the prefilter said of it, where it was asked before.
        """
        lines = Lines(raw)
        return [finding_of(path, hit, lines) for hit in self.hits(path, raw, candidates)]

    def hits(self, path: str, raw: bytes, candidates: Candidates | None = None) -> list[Hit]:
        """Return the secrets of a file, in order; see `look`."""
        bare = unquoted(path)
        candidates = candidates or self.prefilter.look(raw, bare=bare)
        if candidates.nothing:
            return []
        if self._files:
            rules = [i for i in candidates.rules if self._looks(self.tokens.rules[i], path)]
            candidates = candidates._replace(rules=rules)
        hits = [*self._tokens(path, raw, candidates), *self._assigned(path, raw, candidates)]
        hits.sort(key=lambda hit: (hit.rank, hit.start))
        kept: list[Hit] = []
        for hit in hits:
            if not any(hit.start < other.end and other.start < hit.end for other in kept):
                kept.append(hit)
        return sorted(kept, key=lambda hit: (hit.start, hit.end))

    def _looks(self, rule: Rule, path: str) -> bool:
        """Whether a rule looks into files of this name."""
        files = self._files.get(rule.id)
        return files is None or bool(_spec(files).match_file(path))

    def slow(self) -> list[str]:
        """Return the rules that were stopped since the last time, as they took too long."""
        slow, self.tokens.slow = self.tokens.slow, []
        return slow

    def _tokens(self, path: str, raw: bytes, candidates: Candidates) -> Iterator[Hit]:
        if not candidates.rules:
            return
        shown = graded(path)
        tested = shown and not unquoted(path)
        for token in self.tokens.find(raw, candidates.rules, candidates.parts, graded=shown):
            rule = token.rule
            example = bool(KNOWN.search(token.value))
            sure = (
                Confidence.MEDIUM
                if example or shown or rule.context or rule.judged
                else Confidence.HIGH
            )
            # the hash of a password, in the code of a test
            if tested and rule.severity is Severity.LOW:
                sure = Confidence.LOW
            if is_placeholder(token.value):
                example, sure = True, Confidence.LOW
            yield Hit(
                rule=rule,
                name=_name(raw, token.start, url=rule.kind is RuleKind.URL),
                start=token.start,
                end=token.end,
                severity=Severity.LOW
                if example or (shown and rule.severity is not Severity.CRITICAL)
                else rule.severity,
                confidence=sure,
                rank=_rank(rule),
            )

    def _assigned(self, path: str, raw: bytes, candidates: Candidates) -> Iterator[Hit]:
        bare = unquoted(path)
        regions = whole(raw) if candidates.regions is None else candidates.regions
        found = list(assignments(raw, regions, bare=bare))
        found += pairs(raw, whole(raw) if candidates.pairs is None else candidates.pairs)
        if known := structure(path, raw, candidates.hard):
            found = [one for one in found if not known.decides(one)] + known.values
        shown = bool(found) and graded(path)
        words = bool(found) and translated(path)
        for one in found:
            if words and not is_random(one.value):
                continue
            confidence = judge(one.name, one.value, quoted=one.quoted, graded=shown, code=not bare)
            if confidence is None:
                continue
            if one.compared and one.value.upper() in LABELS:
                # if password == "password": whether it is still the word
                confidence = Confidence.LOW
            rule = self.rules[PASSWORD if family(one.name) is Family.PASSWORD else SECRET]
            weak = shown or confidence is Confidence.LOW
            yield Hit(
                rule,
                one.name,
                one.start,
                one.end,
                Severity.LOW if weak else rule.severity,
                confidence,
                rank=9,
            )


def _name(raw: bytes, start: int, *, url: bool) -> str:
    """Return the name in front of a secret; one that looks like a secret itself is not said."""
    # in front of the URL, not its user
    if url and (scheme := SCHEME.search(raw, max(0, start - 300), start)):
        start = scheme.start()
    found = NAMED.search(raw, max(0, start - 160), start)
    name = found[1].decode("utf-8", "replace") if found else ""
    return "" if is_random(name) else name


def _files(pattern: Pattern, rule: Rule) -> tuple[str, ...]:
    """Return the globs of a rule, nothing where they say every file."""
    globs = pattern.files.get(rule.kind, ())
    return () if globs and globs[-1] in EVERY else globs


@functools.lru_cache(maxsize=64)
def _spec(globs: tuple[str, ...]) -> pathspec.GitIgnoreSpec:
    import pathspec  # slow; our own patterns look into every file

    return pathspec.GitIgnoreSpec.from_lines(globs, backend="simple")


def _rank(rule: Rule) -> int:
    """Order the rules by how much their form says."""
    return (
        8
        if rule.kind is RuleKind.URL or rule.judged
        else 4 * bool(rule.context) + 2 * rule.random + (not rule.bounds)
    )


class Lines:
    """The lines of a file, as far as findings need them."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._at, self._line = 0, 1
        self._told = False  # whether lines that end as on an old Mac were looked for

    def position(self, offset: int) -> tuple[int, int]:
        """Turn an offset into line and column from 1, the column in characters; cheap where offsets rise."""
        if not self._told:
            self.raw, self._told = (
                LONE.sub(b"\n", self.raw) if b"\r" in self.raw else self.raw,
                True,
            )
        if offset < self._at:
            self._at, self._line = 0, 1
        self._line += self.raw.count(b"\n", self._at, offset)
        self._at = offset
        start = self.raw.rfind(b"\n", 0, offset) + 1
        before = self.raw[start:offset]
        return self._line, len(
            (before if start else before.removeprefix(codecs.BOM_UTF8)).decode("utf-8", "replace")
        ) + 1


def finding_of(path: str, hit: Hit, lines: Lines) -> Finding:
    """Say where a secret is, without it."""
    line, column = lines.position(hit.start)
    end_line, end_column = lines.position(hit.end)
    name = hit.rule.title if hit.rule.kind is RuleKind.REGEX else hit.name or "a text"
    return Finding(
        rule=hit.rule.id,
        path=path,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        severity=hit.severity,
        confidence=hit.confidence,
        message=hit.rule.text(name),
        name=hit.name,
    )
