"""Turn the candidates of a file into findings."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.model.name_meaning import is_secret
from shield_ai.model.site import READ_SHAPES, Shape
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.classify.candidates import Candidate
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.python.findings.importable import explain_not_importable
from shield_ai.scan.python.findings.kept_literals import KeptLiterals
from shield_ai.scan.python.findings.sites import create_site
from shield_ai.scan.rules.pattern import csec34_rules
from shield_ai.scan.text.credibility import MIN_SECRET_LENGTH
from shield_ai.scan.text.randomness import is_random

if TYPE_CHECKING:
    from shield_ai.model.site import Site
    from shield_ai.model.skip import SkipReason
    from shield_ai.project.layout import AppFacts
    from shield_ai.project.python_source import Source
    from shield_ai.scan.rules.pattern import Rule

    Entry = tuple[Finding, Site | None]

RULES = {
    Shape.READ: "CSEC34.environ-read",
    Shape.LITERAL: "CSEC34.literal",
    Shape.PRESENCE: "CSEC34.presence",
    Shape.FIELD: "CSEC34.environ-read",
    Shape.OTHER: "CSEC34.environ-read",
}
# The variables from which boto3 takes its own credentials, with or without a prefix, and short
# names for the same keys.
AWS_KEY = regex(
    r"(?:.+_)?(?:AWS_(?:\w+_)?|S3_)(?:ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SECRET_KEY)"
    r"|(?:.+_)?(?:AWS|S3)_(?:KEY|KEY_ID|SECRET)"
)
USE_ROLE = "; in AWS, use an IAM role instead: the app needs one anyway to read its secrets"
MAX_SHOWN_NAMES = 3


def create_findings(
    source: Source,
    candidates: list[Candidate],
    migrated: list[Candidate],
    facts: AppFacts,
    app_files: set[str],
) -> list[Entry]:
    """Turn the candidates of one file into findings, with their sites.

    Non-secret reads become findings too: DB_HOST can be a field of the same secret as DB_PASSWORD.

    Args:
        source: The file.
        candidates: What the visitor found in it.
        migrated: The reads that `shield apply` already replaced. With them, literals get the same
            skip reasons as before.
        facts: The app's layout.
        app_files: The files of the app.
    """
    in_settings = source.path in facts.settings
    not_importable = explain_not_importable(source, facts, app_files)
    kept = KeptLiterals(source, candidates, migrated)
    entries: list[Entry] = []
    for candidate in candidates:
        is_label = not in_settings and is_probably_label(candidate)
        if is_label and not _is_short_signing_key(candidate):
            continue
        is_literal = candidate.shape is Shape.LITERAL
        if is_literal:
            candidate.reason = candidate.reason or kept.explain(candidate)
        if in_settings or not is_literal:  # `create_site` explains literals
            candidate.reason = candidate.reason or not_importable
        finding, site = _create_entry(source, candidate, in_settings=in_settings)
        if is_label:
            finding = msgspec.structs.replace(finding, severity=Severity.LOW)
        entries.append((finding, site))
        if default := _weak_signing_key(candidate):
            entries.append((_create_default_finding(source, candidate, default), None))
    return entries


def _weak_signing_key(candidate: Candidate) -> ast.expr | None:
    """Return the default of a read of SECRET_KEY that consists of words; None for other reads.

    Anyone who knows it can sign sessions. scan/text reports random-looking defaults.
    """
    text = literal_text(candidate.default) or ""
    is_key = candidate.shape is Shape.READ and candidate.path[-1:] == ("SECRET_KEY",)
    return candidate.default if is_key and text and not is_random(text) else None


def _create_default_finding(source: Source, candidate: Candidate, default: ast.expr) -> Finding:
    reason = SkipId.DEVELOPMENT_DEFAULT.reason(variable=candidate.variable)
    literal = Candidate(node=default, shape=Shape.LITERAL, path=candidate.path, reason=reason)
    finding = _create_finding(source, literal, source.span(default), in_settings=True)
    return msgspec.structs.replace(finding, reason=reason)


def _is_short_signing_key(candidate: Candidate) -> bool:
    """Return whether a literal is a key such as "dev", which scan/text does not report."""
    text = literal_text(candidate.node) or ""
    return candidate.path[-1].upper() == "SECRET_KEY" and 0 < len(text) < MIN_SECRET_LENGTH


def is_probably_label(candidate: Candidate) -> bool:
    """Return whether a literal outside the settings looks like a label or a sentence."""
    if candidate.shape is not Shape.LITERAL:
        return False
    text = literal_text(candidate.node) or ""
    if "://" in text and not re.search(r"\s", text):
        return False
    classes = sum(bool(re.search(kind, text)) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return len(text) < 12 or bool(re.search(r"\s", text)) or classes < 2


def _create_entry(source: Source, candidate: Candidate, *, in_settings: bool) -> Entry:
    """Create a finding and its site; the site is None if a name contains a lone surrogate."""
    span = candidate.span or source.span(candidate.node)
    finding = _create_finding(source, candidate, span, in_settings=in_settings)
    escaped = _escape_surrogates(finding)
    if escaped is not finding:
        return escaped, None
    return finding, create_site(source, candidate, span, in_settings=in_settings)


def _create_finding(
    source: Source, candidate: Candidate, span: tuple[int, int], *, in_settings: bool
) -> Finding:
    rule = _rule_of(candidate)
    line, column = source.position(span[0])
    end_line, end_column = source.position(span[1])
    variable = candidate.variable or " or ".join(candidate.possible_variables)
    name = _name_of(candidate) or variable or candidate.target
    is_read = candidate.shape in {*READ_SHAPES, Shape.PRESENCE}
    has_secret = not is_read or candidate.is_secret_read()
    is_severe = has_secret and not candidate.is_reviewed
    return Finding(
        rule=rule.id,
        path=source.path,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        severity=rule.severity if is_severe else Severity.LOW,
        confidence=Confidence.HIGH if in_settings and has_secret else Confidence.MEDIUM,
        message=_message(rule, name, variable, candidate.reason),
        name=name,
        env=variable or None,
    )


def _name_of(candidate: Candidate) -> str:
    """Return the setting that gets a value; empty for an element or argument without a name."""
    names = [part for part in candidate.path if part.strip("?")]
    if candidate.variable and not candidate.direct and len(names) == 1 and names[0].islower():
        return names[0] if is_secret(names[0]) else ""
    return "" if all(name.isdigit() for name in names) else candidate.target


def _rule_of(candidate: Candidate) -> Rule:
    """Return a candidate's rule.

    The rule for reads applies to a pydantic default that is empty or has a secret type: it marks a
    field that pydantic reads from a variable.
    """
    node = candidate.node
    is_empty = isinstance(node, ast.Constant) and not node.value
    is_default = candidate.shape is Shape.LITERAL and (is_empty or candidate.is_always_secret)
    return csec34_rules()[RULES[Shape.READ if is_default else candidate.shape]]


def _message(rule: Rule, name: str, variable: str, reason: SkipReason | None) -> str:
    if reason and reason.id is SkipId.READ_AS_JSON and not variable:
        return f"{name} is a secret in a model that the settings contain"
    text = rule.text(_shorten_names(name), _shorten_names(variable or name))
    if AWS_KEY.fullmatch(variable or name):
        text += USE_ROLE
    return text


def _shorten_names(names: str) -> str:
    """Shorten a list of names that are joined by "or"."""
    parts = names.split(" or ")
    if len(parts) <= MAX_SHOWN_NAMES:
        return names
    shown = parts[: MAX_SHOWN_NAMES - 1]
    return f"{', '.join(shown)} or one of {len(parts) - len(shown)} others"


def _escape_surrogates(finding: Finding) -> Finding:
    """Escape lone surrogates: no file, terminal or environment variable can contain them."""
    texts = (finding.message, finding.name, finding.env or "")
    joined = "".join(texts)
    if joined.isascii():
        return finding
    try:
        joined.encode()
    except UnicodeEncodeError:
        message, name, env = (text.encode("utf-8", "backslashreplace").decode() for text in texts)
        return msgspec.structs.replace(finding, message=message, name=name, env=env or None)
    return finding


def missing_runtime_finding(paths: list[str]) -> Finding:
    """Create the finding for settings files that do not import the runtime.

    Its location is the first file.

    Args:
        paths: The files that have secrets and do not import the runtime.
    """
    rule = csec34_rules()["CSEC34.no-runtime"]
    path = paths[0]
    message = rule.text(path)
    if len(paths) > 1:
        message = (
            f"{len(paths)} settings files, such as this one, have secrets but do not use"
            " get_secret()"
        )
    return Finding(
        rule=rule.id,
        path=path,
        line=1,
        column=1,
        end_line=1,
        end_column=1,
        severity=rule.severity,
        confidence=Confidence.HIGH,
        message=message,
        name="",
    )
