"""Load patterns, which are YAML files with detection rules, and find rules by id."""

from __future__ import annotations

import enum
import functools
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.model.errors import ShieldError
from shield_ai.model.finding import Severity
from shield_ai.project.perf.disk_cache import get_or_create
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

FOLDER = Path(__file__).with_name("patterns")
CSEC34_FILE = FOLDER / "csec_34_missing_secrets_manager.yaml"
CREDENTIALS_FILE = FOLDER / "hardcoded_credential.yaml"
APP_FOLDER = ".shield/patterns"  # in an app, with its custom patterns
EXTENSIONS = frozenset({".yaml", ".yml"})
MAX_SIZE = 1_000_000  # bytes of a custom pattern


class RuleKind(enum.StrEnum):
    """What a rule matches."""

    PYTHON = "python"  # an expression in the syntax tree
    DOTENV = "dotenv"  # a variable in a .env file
    ABSENT = "absent"  # a settings file in Python that has secrets, but does not use get_secret()
    REGEX = "regex"  # a regular expression
    URL = "url"  # a regular expression for URLs; the secret is the password
    ASSIGNMENT = "assignment"  # a value with a secret-like name
    TRACKED = "tracked"  # a file that should not be in git
    COMMENT = "comment"  # a suppression comment


class Risk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The risk assessment of a pattern."""

    impact: Severity
    exploitability: Severity
    affected_scope: str
    attack_vectors: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A detection rule. Its id never changes."""

    id: str
    kind: RuleKind
    severity: Severity
    title: str
    message: str
    explanation: str
    fix: str
    reference: str = ""
    examples: tuple[str, ...]  # texts of files that match
    non_examples: tuple[str, ...]  # texts of files that do not match
    # For a kind with a regex: either `regex`, in which the first group is the secret; or `context`,
    # the words of a name, and `value`, the regex of the value after the name.
    regex: str = ""
    context: tuple[str, ...] = ()
    value: str = ""
    keywords: tuple[str, ...] = ()  # lower case; every matching file contains one of them
    entropy: float = 0.0  # minimum, in bits per character
    random: bool = False  # whether the secret must look random
    bounds: bool = True  # a letter or digit next to a match rules it out
    decode: str = ""  # "colon": base64 of user:password; "jwt": begins with a JOSE header
    judged: str = ""  # the value is checked as if it were assigned to this name

    def text(self, name: str = "", env: str | None = None) -> str:
        """Return the message with its placeholders filled in."""
        return self.message.format(name=name or env or "a value", env=env or name)


class Pattern(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of a pattern file."""

    id: str
    title: str
    severity: Severity
    description: str
    fix: str
    references: tuple[str, ...]
    risk_assessment: Risk
    files: dict[RuleKind, tuple[str, ...]]  # globs of the files to scan, as in .gitignore
    defaults: dict[str, Any] = {}  # for the keys that a rule does not set
    rules: tuple[Rule, ...]


@functools.cache
def csec34_pattern() -> Pattern:
    """Return the pattern CSEC-34: secrets that are not in Secrets Manager."""
    return _load_cached(CSEC34_FILE)


@functools.cache
def credential_pattern() -> Pattern:
    """Return the pattern CRED: hardcoded credentials in any file."""
    return _load_cached(CREDENTIALS_FILE)


def _load_cached(file: Path) -> Pattern:
    """Load a pattern from the disk cache, where it is stored as MessagePack, or parse it."""
    raw = file.read_bytes()
    loaded: list[Pattern] = []

    def load_entry(packed: bytes) -> bool:
        try:
            loaded.append(msgspec.msgpack.decode(packed, type=Pattern))
        except msgspec.DecodeError:
            return False
        return True

    def make() -> bytes:
        return msgspec.msgpack.encode(parse_pattern(raw.decode(), file.name))

    get_or_create("pattern", raw, make, load_entry)
    return loaded[-1]


@functools.cache
def csec34_rules() -> Mapping[str, Rule]:
    """Return the rules of CSEC-34 by id."""
    return MappingProxyType({rule.id: rule for rule in csec34_pattern().rules})


def load_app_patterns(root: Path) -> tuple[Pattern, ...]:
    """Return the custom patterns of an app, from the .yaml and .yml files in `.shield/patterns`.

    Raises:
        ShieldError: A pattern is invalid (the message contains the line), or can't be read.
    """
    folder = root / APP_FOLDER
    if folder.is_symlink() or folder.parent.is_symlink():
        raise ShieldError(
            f"{folder} is a symbolic link, or its parent folder is one", "use a folder instead"
        )
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in EXTENSIONS)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise ShieldError(
            f"{folder} can't be read: {error.strerror}", "check its permissions"
        ) from None
    patterns: list[Pattern] = []
    for path in paths:
        name = f"{APP_FOLDER}/{path.name}"
        try:
            text = read_regular_file(path, MAX_SIZE, follow_links=False).decode()
        except OSError as error:
            hint = f"use a regular file of at most {MAX_SIZE // 1_000_000} MB"
            raise ShieldError(f"{name} can't be read: {error.strerror}", hint) from None
        except UnicodeDecodeError as error:
            raise ShieldError(f"{name} can't be read: {error}", "save it as UTF-8") from None
        used_ids = _all_ids([csec34_pattern(), credential_pattern(), *patterns])
        patterns.append(parse_pattern(text, name, used_ids))
    return tuple(patterns)


def _all_ids(patterns: Iterable[Pattern]) -> set[str]:
    """Return the ids of patterns and of their rules."""
    ids: set[str] = set()
    for pattern in patterns:
        ids.add(pattern.id)
        ids.update(rule.id for rule in pattern.rules)
    return ids


def find_rule(rule_id: str, app_patterns: Iterable[Pattern] = ()) -> Rule | None:
    """Return a rule of a built-in pattern or of an app's patterns; None if not found."""
    if rule_id in csec34_rules():
        return csec34_rules()[rule_id]
    for pattern in (credential_pattern(), *app_patterns):
        for rule in pattern.rules:
            if rule.id == rule_id:
                return rule
    return None


def select_rules(
    rule_id: str, app_patterns: Iterable[Pattern] = ()
) -> tuple[Pattern, tuple[Rule, ...]]:
    """Return the pattern of a rule, and the rule; for the id of a pattern, all its rules.

    Args:
        rule_id: The id of a rule or a pattern, or the prefix of a pattern's rules, as in `CSEC34`.
        app_patterns: The custom patterns of an app.

    Raises:
        ShieldError: The id is unknown.
    """
    patterns = (csec34_pattern(), credential_pattern(), *app_patterns)
    for pattern in patterns:
        if rule_id == pattern.id:
            return pattern, pattern.rules
        for rule in pattern.rules:
            if rule.id == rule_id:
                return pattern, (rule,)
        if rule_id == pattern.rules[0].id.partition(".")[0]:
            return pattern, pattern.rules
    raise ShieldError(f"there is no rule {rule_id!r}", _suggest(rule_id, patterns))


def _suggest(rule_id: str, patterns: Iterable[Pattern]) -> str:
    import difflib

    ids = [rule.id for pattern in patterns for rule in pattern.rules]
    similar = difflib.get_close_matches(rule_id, ids, n=1, cutoff=0.5)
    if similar:
        return f"did you mean {similar[0]}?"
    commands = f"shield explain {csec34_pattern().id}, shield explain {credential_pattern().id}"
    return f"list the rules of a pattern: {commands}"


def parse_pattern(text: str, file: str, used_ids: Collection[str] | None = None) -> Pattern:
    """Parse a pattern.

    Args:
        text: The YAML.
        file: The name of the file, for errors.
        used_ids: For a pattern of an app, the ids of all other patterns and their rules; None
            for a built-in pattern.

    Raises:
        ShieldError: The pattern is invalid; the message contains the line.
    """
    from shield_ai.scan.rules import loader

    return loader.parse_pattern_yaml(text, file, used_ids)
