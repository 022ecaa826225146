"""YAML → Pattern, with errors that say the line."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from shield_ai.errors import ShieldError
from shield_ai.pattern import Pattern, Risk, Rule, RuleKind
from shield_ai.runaway import runaway

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACEHOLDERS = frozenset({"name", "env"})


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
