"""Check constraints of patterns that the types do not express: ids, examples, regexes, messages."""

from __future__ import annotations

import re
import string
import warnings
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from shield_ai.model.errors import ShieldError
from shield_ai.project.globs import has_too_many_wildcards
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.rules.pattern import RuleKind
from shield_ai.scan.rules.regex_safety import MAX_BOUND, count_unbounded, find_exponential

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.scan.rules.document import Document
    from shield_ai.scan.rules.pattern import Pattern, Rule

PLACEHOLDERS = frozenset({"name", "env"})
ID = regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
CONTROL_CHARACTER = regex(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
REGEX_KINDS = frozenset({RuleKind.REGEX, RuleKind.URL})
DECODINGS = frozenset({"", "colon", "jwt"})
FLAGS = regex(r"\(\?[ims]+\)")  # moved to the front by `token_rules`
MAX_ENTROPY = 8  # bits per character
REGEX_HINT = "use Python's re syntax for bytes, with at most one group of flags, as in (?im)"


def check_pattern(pattern: Pattern, document: Document, used_ids: Collection[str] | None) -> None:
    """Check a pattern.

    Args:
        pattern: The pattern.
        document: The YAML document of the pattern, for the lines in errors.
        used_ids: For a pattern of an app, the ids of all other patterns and rules; None for a
            built-in pattern.

    Raises:
        ShieldError: The pattern is invalid.
    """
    _check_id(pattern.id, document.where(".id"), used_ids or ())
    if not pattern.rules:
        raise ShieldError(f"{document.where('.rules')}: no rules", "add at least one rule")
    if used_ids is not None:
        for kind, globs in pattern.files.items():
            _check_globs(globs, document.where(f".files.{kind}"))
    rule_ids: set[str] = set()
    for index, rule in enumerate(pattern.rules):
        checker = _RuleChecker(rule, index, document)
        checker.check_id(rule_ids, used_ids or ())
        checker.require_examples()
        checker.check_kind(pattern, is_builtin=used_ids is None)
        if rule.kind in REGEX_KINDS:
            checker.check_keywords()
            checker.check_matching(is_builtin=used_ids is None)
        checker.check_message()
        checker.check_characters()
        rule_ids.add(rule.id)
    for key in ("title", "description", "fix"):
        _check_characters(getattr(pattern, key), key, document.where(f".{key}"))


class _RuleChecker(NamedTuple):
    """Checks one rule."""

    rule: Rule
    rule_index: int  # in the pattern, from 0
    document: Document

    def fail(self, key: str, message: str, hint: str) -> NoReturn:
        """Raise an error about a key of the rule."""
        where = self.document.where(f".rules[{self.rule_index}].{key}")
        raise ShieldError(f"{where}: {message}", hint)

    def check_id(self, rule_ids: set[str], used_ids: Collection[str]) -> None:
        if self.rule.id in rule_ids:
            self.fail("id", f"duplicate rule id {self.rule.id!r}", "give each rule its own id")
        where = self.document.where(f".rules[{self.rule_index}].id")
        _check_id(self.rule.id, where, used_ids)

    def require_examples(self) -> None:
        for key in ("examples", "non_examples"):
            if not getattr(self.rule, key):
                message = f"rule {self.rule.id!r} has no {key}"
                self.fail(key, message, "add examples and non_examples")

    def check_kind(self, pattern: Pattern, *, is_builtin: bool) -> None:
        kind = self.rule.kind
        if not is_builtin and kind not in REGEX_KINDS:
            message = f"rule {self.rule.id!r}: the kind '{kind}' is reserved for built-in rules"
            self.fail("kind", message, "use the kind regex or url")
        if kind not in pattern.files:
            self.fail("id", f"no files for rules of kind '{kind}'", "add the kind to `files`")

    def check_keywords(self) -> None:
        rule = self.rule
        given = (bool(rule.regex), bool(rule.context), bool(rule.value))
        if given not in {(True, False, False), (False, True, True)}:
            message = f"rule {rule.id!r} must have either regex, or context and value"
            hint = (
                "use regex for a secret with a fixed format, and context and value for a secret"
                " that follows a name"
            )
            self.fail("id", message, hint)
        if rule.regex and not rule.keywords:
            message = f"rule {rule.id!r} has no keywords"
            self.fail("regex", message, "add a word that occurs in every match")
        self._check_words("keywords", rule.keywords)
        self._check_words("context", rule.context)

    def _check_words(self, key: str, words: tuple[str, ...]) -> None:
        subject = f"the {key} of rule {self.rule.id!r}"
        if any(word != word.lower() for word in words):
            hint = "write them in lowercase; the search ignores case"
            self.fail(key, f"{subject} must be lowercase", hint)
        if not all(words):
            self.fail(key, f"{subject} include an empty word", "remove it")

    def check_matching(self, *, is_builtin: bool) -> None:
        rule = self.rule
        if rule.decode not in DECODINGS:
            message = f"unknown value {rule.decode!r} for decode"
            self.fail("decode", message, "use colon or jwt, or remove the key")
        if not 0 <= rule.entropy <= MAX_ENTROPY:
            message = f"entropy must be between 0 and {MAX_ENTROPY}"
            self.fail("entropy", message, "use a value in bits per character, such as 3.5")
        self._check_regex()
        if not is_builtin and count_unbounded(rule.regex or rule.value) > 1:
            message = f"rule {rule.id!r} has more than one unbounded quantifier: "
            message += f"*, +, {{n,}} or a maximum over {MAX_BOUND}"
            self._fail_regex(message, "limit each one, as in {0,200}")

    def _fail_regex(self, message: str, hint: str) -> NoReturn:
        self.fail("value" if self.rule.value else "regex", message, hint)

    def _check_regex(self) -> None:
        text = self.rule.regex or self.rule.value
        try:
            compiled = _compile(text)
        except (re.error, Warning, OverflowError, RecursionError) as error:
            self._fail_regex(f"invalid regex: {error}", REGEX_HINT)
        if self.rule.regex and not compiled.groups:
            hint = "put the secret in the first capturing group: (…)"
            self._fail_regex("the regex has no capturing group", hint)
        if compiled.match(""):
            self._fail_regex("the regex matches an empty string", "require at least one character")
        if problem := find_exponential(text):
            hint = "give one of the quantifiers an upper bound, as in {1,100}"
            self._fail_regex(f"the regex can take exponential time: {problem}", hint)

    def check_message(self) -> None:
        try:
            fields = [
                _format_field(name, conversion, spec)
                for _, name, spec, conversion in string.Formatter().parse(self.rule.message)
                if name is not None
            ]
        except ValueError as error:
            hint = "write {{ for a literal brace"
            self.fail("message", f"invalid braces in the message: {error}", hint)
        unknown = sorted(set(fields) - PLACEHOLDERS)
        if unknown:
            message = f"unknown placeholder {{{unknown[0]}}} in the message"
            self.fail("message", message, "use {name} or {env}")

    def check_characters(self) -> None:
        for key in ("title", "message", "explanation", "fix", "reference"):
            where = self.document.where(f".rules[{self.rule_index}].{key}")
            _check_characters(getattr(self.rule, key), key, where)


def _compile(text: str) -> re.Pattern[str]:
    """Compile a regex as text, and as bytes with a prefix, because the scan prepends flags."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # reject nested sets, which `re` does not support
        compiled = re.compile(text)
        re.compile(("(?:)" + FLAGS.sub("", text, count=1)).encode())
    return compiled


def _format_field(name: str, conversion: str | None, spec: str | None) -> str:
    if conversion:
        name += f"!{conversion}"
    if spec:
        name += f":{spec}"
    return name


def _check_id(id_: str, where: str, used_ids: Collection[str]) -> None:
    if not ID.fullmatch(id_):
        hint = "use letters, digits, dots, - and _, as in ACME.key"
        raise ShieldError(f"{where}: invalid id {id_!r}", hint)
    if id_ in used_ids:
        raise ShieldError(f"{where}: the id {id_!r} is already used", "choose another id")


def _check_globs(globs: Collection[str], where: str) -> None:
    import pathspec

    for glob in globs:
        if has_too_many_wildcards(glob):
            hint = "use two or more globs with fewer wildcards"
            raise ShieldError(f"{where}: too many wildcards in {glob!r}", hint)
        try:
            pathspec.GitIgnoreSpec.from_lines([glob], backend="simple")
        except (re.error, ValueError):
            hint = "use the syntax of .gitignore, as in **/*.yaml"
            raise ShieldError(f"{where}: invalid glob {glob!r}", hint) from None


def _check_characters(text: str, key: str, where: str) -> None:
    if CONTROL_CHARACTER.search(text):
        raise ShieldError(f"{where}: the {key} contains a control character", "remove it")
