"""patterns/*.yaml ⇄ Pattern: what is looked for, how bad it is and what to do, as data."""

from __future__ import annotations

import enum
import functools
import re
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.model.errors import ShieldError
from shield_ai.model.finding import Severity
from shield_ai.project.perf.disk_cache import get_or_create

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

FOLDER = Path(__file__).with_name("patterns")
CSEC34_FILE = FOLDER / "csec_34_missing_secrets_manager.yaml"
CREDENTIALS_FILE = FOLDER / "hardcoded_credential.yaml"
APP_FOLDER = ".shield/patterns"  # of an app, with its own patterns
WIDTH = 80


class RuleKind(enum.StrEnum):
    """How a rule is looked for."""

    PYTHON = "python"
    DOTENV = "dotenv"
    ABSENT = "absent"  # a fact of the whole file, not of a line
    REGEX = "regex"  # a text of its own form
    URL = "url"  # likewise; the secret is the password of a URL
    ASSIGNMENT = "assignment"  # a value under a telling name
    TRACKED = "tracked"  # a file that should not be in git
    COMMENT = "comment"  # a comment that shield reads


class Risk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The risk assessment of a pattern."""

    impact: Severity
    exploitability: Severity
    affected_scope: str
    attack_vectors: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One detector, with an id that never changes."""

    id: str
    kind: RuleKind
    severity: Severity
    title: str
    message: str
    explanation: str
    fix: str
    reference: str = ""
    examples: tuple[str, ...]  # whole files in which the rule finds something
    non_examples: tuple[str, ...]  # and in which it finds nothing
    regex: str = ""  # whose first group is the secret
    context: tuple[str, ...] = ()  # or words of a name, and
    value: str = ""  # the form of the value under it
    keywords: tuple[str, ...] = ()  # lower case; a text without any of them has no match
    entropy: float = 0.0  # bits a character that the secret has at least
    random: bool = False  # the secret must look made by a machine
    bounds: bool = True  # no letter and no digit stands beside the secret
    decode: str = (
        # "colon": base64 of a user, a colon and a password; "jwt": its first part is the base64 of a header
        ""
    )
    judged: str = ""  # the name under which the value is judged, as `judge` does

    def text(self, name: str = "", env: str | None = None) -> str:
        """Fill in the message."""
        return self.message.format(name=name or env or "a value", env=env or name)


class Pattern(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One YAML file."""

    id: str
    title: str
    severity: Severity
    description: str
    fix: str
    references: tuple[str, ...]
    risk_assessment: Risk
    files: dict[RuleKind, tuple[str, ...]]  # globs in gitignore's syntax
    defaults: dict[str, Any] = {}  # what a rule does not say of itself
    rules: tuple[Rule, ...]


@functools.cache
def csec34_pattern() -> Pattern:
    """Return CSEC-34, read once."""
    return _packed(CSEC34_FILE)


@functools.cache
def credential_pattern() -> Pattern:
    """Return the pattern of credentials that stand in any file, read once and kept in a form that loads fast."""
    return _packed(CREDENTIALS_FILE)


def _packed(file: Path) -> Pattern:
    raw = file.read_bytes()
    read: list[Pattern] = []

    def is_valid(packed: bytes) -> bool:
        try:
            read.append(msgspec.msgpack.decode(packed, type=Pattern))
        except msgspec.DecodeError:
            return False
        return True

    get_or_create(
        "pattern", raw, lambda: msgspec.msgpack.encode(parse(raw.decode(), file.name)), is_valid
    )
    return read[-1]


@functools.cache
def csec34_rules() -> Mapping[str, Rule]:
    """Return every rule of CSEC-34 by its id."""
    return MappingProxyType({rule.id: rule for rule in csec34_pattern().rules})


def load_app_patterns(root: Path) -> tuple[Pattern, ...]:
    """Return the patterns that an app brings itself, in `.shield/patterns/*.yaml`.

    Raises:
        ShieldError: One of them is wrong; says the line.
    """
    found: list[Pattern] = []
    try:
        paths = sorted((root / APP_FOLDER).glob("*.y*ml"))
    except OSError as error:
        raise ShieldError(
            f"{root / APP_FOLDER} can't be read: {error.strerror}", "look at its permissions"
        ) from None
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ShieldError(
                f"{APP_FOLDER}/{path.name} can't be read: {error}", "a pattern is a UTF-8 file"
            ) from None
        others = (csec34_pattern(), credential_pattern(), *found)
        taken = {id_ for other in others for id_ in (other.id, *(rule.id for rule in other.rules))}
        found.append(parse(text, f"{APP_FOLDER}/{path.name}", taken))
    return tuple(found)


def find_rule(rule_id: str, more: Iterable[Pattern] = ()) -> Rule | None:
    """Return a rule by its id, of whatever pattern."""
    if rule_id in csec34_rules():
        return csec34_rules()[rule_id]
    return next(
        (rule for p in (credential_pattern(), *more) for rule in p.rules if rule.id == rule_id), None
    )


def explain(rule_id: str, more: Iterable[Pattern] = ()) -> str:
    """Say what a rule means and what to do, for a terminal.

    Raises:
        ShieldError: No rule has this id.
    """
    patterns = (csec34_pattern(), credential_pattern(), *more)
    for pattern in patterns:
        # CSEC34, as a comment may say it
        if rule_id in (pattern.id, pattern.rules[0].id.partition(".")[0]):
            return _explain_pattern(pattern)
        for rule in pattern.rules:
            if rule.id == rule_id:
                return _explain_rule(pattern, rule)
    ids = [rule.id for pattern in patterns for rule in pattern.rules]
    import difflib  # only a wrong id needs it

    near = difflib.get_close_matches(rule_id, ids, n=1, cutoff=0.5)
    hint = (
        f"did you mean {near[0]}?"
        if near
        else f"the rules of a pattern: shield explain {csec34_pattern().id}, or {credential_pattern().id}"
    )
    raise ShieldError(f"there is no rule {rule_id!r}", hint)


def _explain_rule(pattern: Pattern, rule: Rule) -> str:
    parts = [_fill(f"{rule.id}: {rule.title} ({rule.severity})"), _fill(rule.explanation)]
    parts += [f"What to do\n{_fill(rule.fix)}"]
    example = rule.examples[0].strip()
    field = re.search(r"\{\w+:(\d+)\}", example)
    filled = f" ({field[0]} stands for {field[1]} random characters)" if field else ""
    parts += [f"Is found in, for example{filled}\n{_indent(example)}"]
    links = [link for link in (rule.reference, *pattern.references) if link]
    return "\n\n".join([*parts, "\n".join(["See", *links])]) + "\n"


def _explain_pattern(pattern: Pattern) -> str:
    width = max(len(rule.id) for rule in pattern.rules) + 2
    listing = "\n".join(f"{rule.id:{width}}{rule.severity:9}{rule.title}" for rule in pattern.rules)
    head = f"{pattern.id}: {pattern.title} ({pattern.severity})"
    links = "\n".join(["See", *pattern.references])
    return (
        "\n\n".join(
            [head, _fill(pattern.description), f"What to do\n{_fill(pattern.fix)}", listing, links]
        )
        + "\n"
    )


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())


def _fill(text: str) -> str:
    import textwrap  # only `explain` needs it

    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def parse(text: str, file: str, taken: Collection[str] | None = None) -> Pattern:
    """Read one pattern.

    Args:
        text: The YAML.
        file: Its name, for errors.
        taken: Ids that a pattern of an app may not have; None for one of ours.

    Raises:
        ShieldError: It is no YAML, has a key that isn't known or a value that can't be; says the line.
    """
    from shield_ai.scan.rules import loader  # slow; what was read once is kept

    return loader.parse(text, file, taken)
