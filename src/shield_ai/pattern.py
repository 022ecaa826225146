"""patterns/*.yaml ⇄ Pattern: what is looked for, how bad it is and what to do, as data."""

from __future__ import annotations

import difflib
import enum
import functools
import re
import string
import textwrap
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from shield_ai.cache import kept
from shield_ai.errors import ShieldError
from shield_ai.model import Severity  # noqa: TC001 - msgspec reads the annotations
from shield_ai.runaway import runaway

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FOLDER = Path(__file__).with_name("patterns")
FILE = FOLDER / "csec_34_missing_secrets_manager.yaml"
CREDENTIALS = FOLDER / "hardcoded_credential.yaml"
OWN = ".shield/patterns"  # of an app, with its own patterns
PLACEHOLDERS = frozenset({"name", "env"})
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
    decode: str = ""  # "colon": base64 of a user, a colon and a password
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
def load() -> Pattern:
    """Return CSEC-34, read once."""
    return _packed(FILE)


@functools.cache
def credentials() -> Pattern:
    """Return the pattern of credentials that stand in any file, read once and kept in a form that loads fast."""
    return _packed(CREDENTIALS)


def _packed(file: Path) -> Pattern:
    raw = file.read_bytes()
    made = kept("pattern", raw, lambda: msgspec.msgpack.encode(parse(raw.decode(), file.name)))
    try:
        return msgspec.msgpack.decode(made, type=Pattern)
    except msgspec.DecodeError:  # kept by another version
        return parse(raw.decode(), file.name)


@functools.cache
def rules() -> Mapping[str, Rule]:
    """Return every rule of CSEC-34 by its id."""
    return MappingProxyType({rule.id: rule for rule in load().rules})


def own(root: Path) -> tuple[Pattern, ...]:
    """Return the patterns that an app brings itself, in `.shield/patterns/*.yaml`.

    Raises:
        ShieldError: One of them is wrong; says the line.
    """
    found = []
    for path in sorted((root / OWN).glob("*.y*ml")):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ShieldError(f"{OWN}/{path.name} can't be read: {error}", "a pattern is a UTF-8 file") from None
        made = parse(text, f"{OWN}/{path.name}")
        for rule in made.rules:
            if rule.kind not in (RuleKind.REGEX, RuleKind.URL):
                raise ShieldError(
                    f"{OWN}/{path.name}: the rule {rule.id!r} has the kind '{rule.kind}', which only shield's own have",
                    "use the kind regex",
                )
        found.append(made)
    return tuple(found)


def find_rule(rule_id: str, more: Iterable[Pattern] = ()) -> Rule | None:
    """Return a rule by its id, of whatever pattern."""
    if rule_id in rules():
        return rules()[rule_id]
    return next((rule for p in (credentials(), *more) for rule in p.rules if rule.id == rule_id), None)


def explain(rule_id: str, more: Iterable[Pattern] = ()) -> str:
    """Say what a rule means and what to do, for a terminal.

    Raises:
        ShieldError: No rule has this id.
    """
    patterns = (load(), credentials(), *more)
    for pattern in patterns:
        if rule_id == pattern.id:
            return _explain_pattern(pattern)
        for rule in pattern.rules:
            if rule.id == rule_id:
                return _explain_rule(pattern, rule)
    ids = [rule.id for pattern in patterns for rule in pattern.rules]
    near = difflib.get_close_matches(rule_id, ids, n=1, cutoff=0.5)
    hint = (
        f"did you mean {near[0]}?"
        if near
        else f"the rules of a pattern: shield explain {load().id}, or {credentials().id}"
    )
    raise ShieldError(f"there is no rule {rule_id!r}", hint)


def _explain_rule(pattern: Pattern, rule: Rule) -> str:
    parts = [f"{rule.id}: {rule.title} ({rule.severity})", _fill(rule.explanation), f"What to do\n{_fill(rule.fix)}"]
    parts += [f"Is found in, for example\n{textwrap.indent(rule.examples[0].strip(), '    ')}"]
    links = [link for link in (rule.reference, *pattern.references) if link]
    return "\n\n".join([*parts, "\n".join(["See", *links])]) + "\n"


def _explain_pattern(pattern: Pattern) -> str:
    width = max(len(rule.id) for rule in pattern.rules) + 2
    listing = "\n".join(f"{rule.id:{width}}{rule.severity:9}{rule.title}" for rule in pattern.rules)
    head = f"{pattern.id}: {pattern.title} ({pattern.severity})"
    links = "\n".join(["See", *pattern.references])
    return "\n\n".join([head, _fill(pattern.description), f"What to do\n{_fill(pattern.fix)}", listing, links]) + "\n"


def _fill(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def parse(text: str, file: str) -> Pattern:
    """Read one pattern.

    Args:
        text: The YAML.
        file: Its name, for errors.

    Raises:
        ShieldError: It is no YAML, has a key that isn't known or a value that can't be; says the line.
    """
    try:
        node, data = _read(text)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ShieldError(f"{file}{line}: {error.problem or error.context}", "the file must be YAML") from None
    except yaml.YAMLError as error:
        raise ShieldError(f"{file}: {error}", "the file must be YAML") from None
    if node is None:
        raise ShieldError(f"{file}: the file is empty", "a pattern needs at least an id and a rule")
    _no_duplicates(node, file, set())
    _fill_in(data)
    try:
        pattern = msgspec.convert(data, Pattern)
    except msgspec.ValidationError as error:
        sentence, _, path = str(error).partition(" - at `$")
        unknown = re.search(r"unknown field `(.+?)`", sentence)
        where = f"{file}:{_line(node, path.rstrip('`'), unknown[1] if unknown else '')}"
        raise ShieldError(f"{where}: {_words(sentence)}", _hint(sentence)) from None
    _check(pattern, node, file)
    return pattern


def _fill_in(data: Any) -> None:
    """Give each rule what it does not say of itself: from the pattern's defaults, then from the pattern."""
    if not isinstance(data, dict) or not isinstance(data.get("defaults"), dict):
        return
    taken = {"severity": data.get("severity"), "explanation": data.get("description"), "fix": data.get("fix")}
    for rule in data.get("rules") or ():
        if isinstance(rule, dict):
            for key, value in {**taken, **data["defaults"]}.items():
                rule.setdefault(key, value)


def _read(text: str) -> tuple[yaml.Node | None, Any]:
    """Parse once, for the values and for the lines that they stand on."""
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _check(pattern: Pattern, node: yaml.Node, file: str) -> None:
    seen: set[str] = set()
    for i, rule in enumerate(pattern.rules):
        where = f"{file}:{_line(node, f'.rules[{i}].id')}"
        if rule.id in seen:
            raise ShieldError(f"{where}: the rule {rule.id!r} stands here twice", "an id is given once")
        if not rule.examples or not rule.non_examples:
            raise ShieldError(f"{where}: the rule {rule.id!r} lacks examples", "give examples and non_examples")
        if rule.kind not in pattern.files:
            raise ShieldError(f"{where}: no files are given for rules of kind '{rule.kind}'", "add them to `files`")
        seen.add(rule.id)
        if rule.kind in (RuleKind.REGEX, RuleKind.URL):
            key = "value" if rule.value else "regex"
            _check_regex(rule, f"{file}:{_line(node, f'.rules[{i}].{key}')}")
        _check_message(rule, f"{file}:{_line(node, f'.rules[{i}].message')}")


def _check_message(rule: Rule, where: str) -> None:
    try:
        fields = {field for _, field, _, _ in string.Formatter().parse(rule.message) if field is not None}
    except ValueError as error:
        raise ShieldError(f"{where}: the message has a wrong brace: {error}", "write {{ for a brace") from None
    if bad := sorted(fields - PLACEHOLDERS):
        raise ShieldError(f"{where}: the message has {{{bad[0]}}}, which nothing fills", "use {name} and {env}")


def _check_regex(rule: Rule, where: str) -> None:
    if bool(rule.regex) == bool(rule.context and rule.value):
        raise ShieldError(f"{where}: the rule {rule.id!r} has no form", "give either regex, or context and value")
    if rule.regex and not rule.keywords:
        raise ShieldError(f"{where}: the rule {rule.id!r} has no keywords", "name a word that stands in every match")
    if any(word != word.lower() for word in (*rule.keywords, *rule.context)):
        raise ShieldError(f"{where}: the keywords of {rule.id!r} have capitals", "write them in lower case")
    text = rule.regex or rule.value
    try:
        compiled = re.compile(text)
    except re.error as error:
        raise ShieldError(f"{where}: the regex is wrong: {error}", "") from None
    if rule.regex and not compiled.groups:
        raise ShieldError(f"{where}: the regex has no group", "put the secret into the first group: (…)")
    if compiled.match(""):
        raise ShieldError(f"{where}: the regex matches an empty text", "name at least one character of it")
    if nested := runaway(text):
        raise ShieldError(
            f"{where}: the regex may take for ever: {nested}", "give the inner or the outer one a bound, as {1,100}"
        )


def _no_duplicates(node: yaml.Node, file: str, visited: set[int]) -> None:
    """Refuse a key that stands twice: YAML would take the last one in silence."""
    if id(node) in visited:  # an alias may lead back to where it stands
        return
    visited.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        seen: set[str] = set()
        for key in keys:
            if key.value in seen:
                where = f"{file}:{key.start_mark.line + 1}"
                raise ShieldError(f"{where}: the key {key.value!r} stands here twice", "remove one of them")
            seen.add(key.value)
        children = [value for _, value in node.value]
    else:
        children = node.value if isinstance(node, yaml.SequenceNode) else []
    for child in children:
        _no_duplicates(child, file, visited)


def _line(node: yaml.Node, path: str, key: str = "") -> int:
    """Find the line of what msgspec complains about, as deep as its path leads."""
    line = node.start_mark.line
    steps: list[str | int] = [*_steps(path), *([key] if key else [])]
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == step]
            if not found:
                break
            line, node = found[0][0].start_mark.line, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    return int(line) + 1


def _steps(path: str) -> Iterator[str | int]:
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        yield name or int(index)


def _words(sentence: str) -> str:
    return sentence.replace("Object contains unknown field", "unknown key").replace(
        "Object missing required field", "missing key"
    )


def _hint(sentence: str) -> str:
    if "unknown field" not in sentence:
        return ""
    keys = sorted({key for struct in (Pattern, Rule, Risk) for key in struct.__struct_fields__})
    return f"known keys: {', '.join(keys)}"
