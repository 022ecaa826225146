"""Find the credentials in a file. Of overlapping matches, the most specific one is reported."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.finding import Confidence, Severity
from shield_ai.model.skip import SkipId
from shield_ai.scan.files.file_class import allows_unquoted, is_non_production
from shield_ai.scan.rules.pattern import RuleKind, credential_pattern
from shield_ai.scan.text.assigned_values import find_assigned
from shield_ai.scan.text.credibility import (
    LABELS,
    Family,
    is_checksum,
    secret_confidence,
    secret_family,
)
from shield_ai.scan.text.hits import (
    FileFindings,
    Hit,
    drop_repeated,
    name_before,
    raise_levels,
    remove_overlaps,
)
from shield_ai.scan.text.prefilter import KeywordPrefilter
from shield_ai.scan.text.token_rules import SAMPLE_VALUE, RegexRules
from shield_ai.scan.text.value_shapes import is_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    import pathspec

    from shield_ai.model.finding import Finding
    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.rules.pattern import Pattern, Rule
    from shield_ai.scan.text.assignments import Assignment
    from shield_ai.scan.text.prefilter import HyperscanPrefilter, PrefilterResult
    from shield_ai.scan.text.regions import Region
    from shield_ai.scan.text.token_rules import Token

PASSWORD_RULE = "CRED.password"
SECRET_RULE = "CRED.secret"
ALL_FILES = frozenset({"*", "**", "**/*"})
ASSIGNMENT_RANK = 9  # after all token rules
DOCUMENT_SUFFIX = ".html"  # classified as a document, like a notebook, but not parsed


class Detector:
    """Finds the credentials in files by the rules of some patterns.

    Args:
        patterns: The built-in pattern and those of the app.
        prefilter: By default, one that searches for keywords.
        custom_paths: The files that the rules of the app search; None for all.
    """

    def __init__(
        self,
        patterns: Iterable[Pattern],
        prefilter: KeywordPrefilter | HyperscanPrefilter | None = None,
        custom_paths: AbstractSet[str] | None = None,
    ) -> None:
        self.patterns = tuple(patterns)
        self.rules = {rule.id: rule for pattern in self.patterns for rule in pattern.rules}
        self.prefilter = prefilter or KeywordPrefilter(RegexRules(self.rules.values()))
        self.tokens = self.prefilter.tokens
        builtin = {rule.id for rule in credential_pattern().rules}
        self._custom_rule_ids = self.rules.keys() - builtin
        self._custom_paths = custom_paths
        self._is_partly_parsed = False
        self._globs: dict[str, tuple[str, ...]] = {}  # of the rules that are limited to some files
        for pattern in self.patterns:
            for rule in pattern.rules:
                globs = pattern.files.get(rule.kind, ())
                if globs and globs[-1] not in ALL_FILES:
                    self._globs[rule.id] = globs

    def find(
        self, path: str, raw: bytes, candidates: PrefilterResult | None = None
    ) -> list[Finding]:
        """Return the findings of a file, in order.

        Args:
            path: Relative, with forward slashes. It determines the format and class of the file.
            raw: The file's bytes.
            candidates: The result of the prefilter, if it has already run.
        """
        hits = self.hits(path, raw, candidates)
        if path.endswith(".ipynb"):
            return self._notebook_findings(path, raw, hits)
        return list(map(FileFindings(path, raw).create, hits))

    def hits(self, path: str, raw: bytes, candidates: PrefilterResult | None = None) -> list[Hit]:
        """Return the credentials in a file, in order. The arguments are those of `find`."""
        if candidates is None:
            candidates = self.prefilter.find_candidates(raw, unquoted=allows_unquoted(path))
        if candidates.is_empty:
            return []
        if self._globs or self._custom_rule_ids:
            rules = [n for n in candidates.rules if self._applies_to(self.tokens.rules[n], path)]
            candidates = candidates._replace(rules=rules)
        hits = [
            *self._token_hits(path, raw, candidates),
            *self._assignment_hits(path, raw, candidates),
        ]
        kept = drop_repeated(remove_overlaps(hits), raw)
        if self._custom_rule_ids:
            builtin = [hit for hit in hits if hit.rule.id not in self._custom_rule_ids]
            return raise_levels(kept, builtin)
        return kept

    def take_problems(self) -> list[SkipReason]:
        """Describe what was not searched since the last call."""
        problems = self.tokens.take_problems()
        if self._is_partly_parsed:
            problems.append(SkipId.PARTLY_PARSED.reason())
        self._is_partly_parsed = False
        return problems

    def hits_in(self, path: str, raw: bytes, part: Region) -> list[Hit]:
        """Return the credentials in a part of a file, in order.

        Args:
            path: The file.
            raw: All of its content.
            part: The part to search.
        """
        text = raw[part.start : part.stop]
        candidates = self.prefilter.find_candidates(text, unquoted=allows_unquoted(path))
        return self.hits(path, raw, candidates.in_part(part))

    def _notebook_findings(self, path: str, raw: bytes, hits: list[Hit]) -> list[Finding]:
        """Create the findings of a notebook, with the cell, the output and the line in it."""
        from shield_ai.scan.text import notebook

        escaped = self._escaped_hits(path, raw)
        if not hits and not escaped:
            return []
        file = FileFindings(path, raw)
        cells = notebook.Notebook(raw)
        images = notebook.Images(raw)
        in_outputs = [hit for hit in escaped if cells.is_output(hit.start)]
        findings = []
        for hit in remove_overlaps([*hits, *in_outputs]):
            if images.contain(hit.start):
                continue
            finding = file.create(hit)
            if place := cells.place(hit.start):
                message = f"{finding.message}, in {place}"
                finding = msgspec.structs.replace(finding, message=message)
            findings.append(finding)
        return findings

    def _escaped_hits(self, path: str, raw: bytes) -> list[Hit]:
        """Return the credentials in the decoded text of a notebook, with offsets in the file."""
        from shield_ai.scan.text.notebook import MAX_SIZE
        from shield_ai.scan.text.notebook_text import decode

        if len(raw) > MAX_SIZE or b'"outputs"' not in raw or b"\\" not in raw:
            return []
        text = decode(raw)
        hits = self.hits(path.removesuffix(".ipynb") + DOCUMENT_SUFFIX, text.raw)
        return [
            hit._replace(start=text.original(hit.start), end=text.original(hit.end)) for hit in hits
        ]

    def _applies_to(self, rule: Rule, path: str) -> bool:
        if self._custom_paths is not None and rule.id in self._custom_rule_ids:
            if path not in self._custom_paths:
                return False
        globs = self._globs.get(rule.id)
        return globs is None or bool(_compile_globs(globs).match_file(path))

    def _token_hits(self, path: str, raw: bytes, candidates: PrefilterResult) -> Iterator[Hit]:
        if not candidates.rules:
            return
        non_production = is_non_production(path)
        in_code = not allows_unquoted(path)
        tokens = self.tokens.find(
            raw, candidates.rules, candidates.rule_regions, non_production=non_production
        )
        for token in tokens:
            name = name_before(raw, token.start, in_url=token.rule.kind is RuleKind.URL)
            if token.rule.context and is_checksum(name, token.value):
                continue
            is_sample = bool(SAMPLE_VALUE.search(token.value)) or is_placeholder(token.value)
            severity = token.rule.severity
            if is_sample or (non_production and severity is not Severity.CRITICAL):
                severity = Severity.LOW
            yield Hit(
                rule=token.rule,
                name=name,
                start=token.start,
                end=token.end,
                severity=severity,
                confidence=_token_confidence(token, non_production=non_production, in_code=in_code),
                rank=_rank(token.rule),
            )

    def _assignment_hits(self, path: str, raw: bytes, candidates: PrefilterResult) -> Iterator[Hit]:
        in_code = not allows_unquoted(path)
        found, is_complete = find_assigned(path, raw, candidates)
        self._is_partly_parsed |= not is_complete
        non_production = is_non_production(path)
        for assigned in found:
            confidence = secret_confidence(
                assigned.name,
                assigned.value,
                quoted=assigned.quoted,
                non_production=non_production,
                in_code=in_code,
                declared=assigned.declared,
            )
            if confidence is not None:
                yield self._assignment_hit(assigned, confidence, non_production=non_production)

    def _assignment_hit(
        self, assigned: Assignment, confidence: Confidence, *, non_production: bool
    ) -> Hit:
        if assigned.compared and assigned.value.upper() in LABELS:  # if password == "password"
            confidence = Confidence.LOW
        is_password = secret_family(assigned.name) is Family.PASSWORD
        rule = self.rules[PASSWORD_RULE if is_password else SECRET_RULE]
        is_weak = non_production or confidence is Confidence.LOW
        return Hit(
            rule=rule,
            name=assigned.name,
            start=assigned.start,
            end=assigned.end,
            severity=Severity.LOW if is_weak else rule.severity,
            confidence=confidence,
            rank=ASSIGNMENT_RANK,
        )


def _token_confidence(token: Token, *, non_production: bool, in_code: bool) -> Confidence:
    rule = token.rule
    if is_placeholder(token.value):
        return Confidence.LOW
    # Matches of low severity in the code of tests, such as password hashes.
    if non_production and in_code and rule.severity is Severity.LOW:
        return Confidence.LOW
    if non_production or rule.context or rule.judged or SAMPLE_VALUE.search(token.value):
        return Confidence.MEDIUM
    return Confidence.HIGH


@functools.lru_cache(maxsize=64)
def _compile_globs(globs: tuple[str, ...]) -> pathspec.GitIgnoreSpec:
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(globs, backend="simple")


def _rank(rule: Rule) -> int:
    """Rank a rule: a more specific regex has a lower rank."""
    if rule.kind is RuleKind.URL or rule.judged:
        return ASSIGNMENT_RANK - 1
    rank = 0
    if rule.context:
        rank += 4
    if rule.random:
        rank += 2
    if not rule.bounds:
        rank += 1
    return rank
