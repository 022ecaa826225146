"""YAML → Pattern, with errors that say the line."""

from __future__ import annotations

import re
import string
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import yaml

from shield_ai.model.errors import ShieldError
from shield_ai.model.finding import Severity
from shield_ai.scan.rules.pattern import (
    Pattern,
    Risk,
    Rule,
    RuleKind,
)
from shield_ai.scan.rules.regex_safety import runaway, unbounded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

PLACEHOLDERS = frozenset({"name", "env"})
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
DECODINGS = frozenset({"", "colon", "jwt"})
FLAGS = re.compile(r"\(\?[ims]+\)")  # as `scan.tokens` moves one to the front
OF_KINDS = "..."  # of what stands under some kind of `files`, in the path of msgspec
MOST = 8  # bits that a character can carry


def parse(text: str, file: str, taken: Collection[str] | None = None) -> Pattern:
    """Read one pattern.

    Args:
        text: The YAML.
        file: Its name, for errors.
        taken: Ids that a pattern of an app may not have; None for one of ours.

    Raises:
        ShieldError: It is no YAML, has a key that isn't known or a value that can't be; says the line.
    """
    try:
        node, data = _read(text)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ShieldError(
            f"{file}{line}: {error.problem or error.context}", "the file must be YAML"
        ) from None
    except yaml.reader.ReaderError as error:
        above = text.count("\n", 0, int(error.position))
        raise ShieldError(
            f"{file}:{above + 1}: a character that YAML forbids", "the file must be YAML"
        ) from None
    if node is None:
        raise ShieldError(f"{file}: the file is empty", "a pattern needs at least an id and a rule")
    _no_duplicates(node, file)
    _fill_in(data)
    try:
        pattern = msgspec.convert(data, Pattern)
    except msgspec.ValidationError as error:
        sentence, _, path = str(error).partition(" - at `")
        key = re.match(r"key` in `", path)
        unknown = re.search(r"unknown field `(.+?)`", sentence)
        steps = path.removeprefix(key[0] if key else "").removeprefix("$").rstrip("`")
        where = f"{file}:{_line(node, steps, unknown[1] if unknown else '', odd_key=bool(key))}"
        raise ShieldError(
            f"{where}: {_words(sentence, key=bool(key))}", _hint(sentence, steps, taken)
        ) from None
    _check(pattern, node, file, taken)
    return pattern


def _fill_in(data: Any) -> None:
    """Give each rule what it does not say of itself: from the pattern's defaults, then from the pattern."""
    if not isinstance(data, dict) or not isinstance(data.get("defaults"), dict):
        return
    taken = {
        "severity": data.get("severity"),
        "explanation": data.get("description"),
        "fix": data.get("fix"),
    }
    rules = data.get("rules")
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict):
            for key, value in {**taken, **data["defaults"]}.items():
                rule.setdefault(key, value)


class _Loader(yaml.CSafeLoader):
    """Takes a date for the text that it is: a wrong one would be no error that says its line."""

    yaml_implicit_resolvers: ClassVar = {  # type: ignore[misc]  # its stubs call it an instance's
        first: [one for one in found if one[0] != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def _read(text: str) -> tuple[yaml.Node | None, Any]:
    """Parse once, for the values and for the lines that they stand on."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        try:
            return node, None if node is None else loader.construct_document(node)
        except ValueError:  # !!int x, a number of thousands of digits
            loader.recursive_objects = {}
            mark = next((one.start_mark for one in _scalars(node) if not _sound(loader, one)), None)
            raise yaml.MarkedYAMLError(
                problem="a value that can't be read", problem_mark=mark
            ) from None
        except RecursionError:
            raise yaml.MarkedYAMLError(problem="it is nested too deeply") from None
    finally:
        loader.dispose()


def _scalars(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    return (one for one in _nodes(node) if isinstance(one, yaml.ScalarNode))


def _nodes(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield every node once: an alias may lead back to where it stands."""
    todo, visited = [node] if node else [], set[int]()
    while todo:
        one = todo.pop()
        if id(one) in visited:
            continue
        visited.add(id(one))
        yield one
        if isinstance(one, yaml.MappingNode):
            todo += [child for pair in reversed(one.value) for child in reversed(pair)]
        elif isinstance(one, yaml.SequenceNode):
            todo += reversed(one.value)


def _sound(loader: _Loader, node: yaml.ScalarNode) -> bool:
    try:
        loader.construct_object(node)
    except ValueError:
        return False
    return True


def _check(pattern: Pattern, node: yaml.Node, file: str, taken: Collection[str] | None) -> None:
    own: set[str] = set()
    _check_id(pattern.id, f"{file}:{_line(node, '.id')}", taken or ())
    if not pattern.rules:
        raise ShieldError(
            f"{file}:{_line(node, '.rules')}: there are no rules", "a pattern needs at least one"
        )
    for kind, globs in pattern.files.items() if taken is not None else ():
        _check_globs(globs, f"{file}:{_line(node, f'.files.{kind}')}")
    for i, rule in enumerate(pattern.rules):

        def where(key: str, i: int = i) -> str:
            return f"{file}:{_line(node, f'.rules[{i}].{key}')}"

        if rule.id in own:
            raise ShieldError(
                f"{where('id')}: the rule {rule.id!r} stands here twice", "an id is given once"
            )
        _check_id(rule.id, where("id"), taken or ())
        own.add(rule.id)
        if not rule.examples or not rule.non_examples:
            lacking = where("non_examples" if rule.examples else "examples")
            raise ShieldError(
                f"{lacking}: the rule {rule.id!r} lacks examples", "give examples and non_examples"
            )
        if taken is not None and rule.kind not in (RuleKind.REGEX, RuleKind.URL):
            words = f"the rule {rule.id!r} has the kind '{rule.kind}', which only shield's own have"
            raise ShieldError(f"{where('kind')}: {words}", "use the kind regex")
        if rule.kind not in pattern.files:
            words = f"no files are given for rules of kind '{rule.kind}'"
            raise ShieldError(f"{where('id')}: {words}", "add them to `files`")
        if rule.kind in (RuleKind.REGEX, RuleKind.URL):
            _check_keywords(rule, where)
            _check_regex(rule, where("value" if rule.value else "regex"), own=taken is not None)
        _check_message(rule, where("message"))
        _check_texts(rule, ("title", "message", "explanation", "fix", "reference"), where)
    _check_texts(
        pattern, ("title", "description", "fix"), lambda key: f"{file}:{_line(node, f'.{key}')}"
    )


def _check_texts(of: Pattern | Rule, keys: tuple[str, ...], where: Callable[[str], str]) -> None:
    for key in keys:
        if CONTROL.search(getattr(of, key)):
            raise ShieldError(
                f"{where(key)}: the {key} has a character that moves a cursor", "write it without"
            )


def _check_globs(globs: Sequence[str], where: str) -> None:
    import pathspec  # only an app's own patterns need it

    for glob in globs:
        try:
            pathspec.GitIgnoreSpec.from_lines([glob], backend="simple")
        except (re.error, ValueError):
            raise ShieldError(
                f"{where}: {glob!r} is no glob", "write it as in .gitignore: **/*.yaml"
            ) from None


def _check_id(id_: str, where: str, taken: Collection[str]) -> None:
    if not IDENTIFIER.fullmatch(id_):
        raise ShieldError(
            f"{where}: {id_!r} is no id", "letters, digits, dots, - and _, as ACME.key"
        )
    if id_ in taken:
        raise ShieldError(
            f"{where}: the id {id_!r} is taken, by shield or another file", "give it another one"
        )


def _check_message(rule: Rule, where: str) -> None:
    try:
        parts = [part for part in string.Formatter().parse(rule.message) if part[1] is not None]
    except ValueError as error:
        raise ShieldError(
            f"{where}: the message has a wrong brace: {error}", "write {{ for a brace"
        ) from None
    fields = {
        f"{field}{f'!{how}' if how else ''}{f':{form}' if form else ''}"
        for _, field, form, how in parts
    }
    if bad := sorted(fields - PLACEHOLDERS):
        raise ShieldError(
            f"{where}: the message has {{{bad[0]}}}, which nothing fills", "use {name} and {env}"
        )


def _check_keywords(rule: Rule, where: Callable[[str], str]) -> None:
    if bool(rule.regex) == bool(rule.context and rule.value):
        words = f"{where('id')}: the rule {rule.id!r} has no form"
        raise ShieldError(words, "give either regex, or context and value")
    if rule.regex and not rule.keywords:
        words = f"{where('regex')}: the rule {rule.id!r} has no keywords"
        raise ShieldError(words, "name a word that stands in every match")
    for key in ("keywords", "context"):
        if any(word != word.lower() for word in getattr(rule, key)):
            raise ShieldError(
                f"{where(key)}: the {key} of {rule.id!r} have capitals", "write them in lower case"
            )
        if not all(getattr(rule, key)):
            raise ShieldError(
                f"{where(key)}: the {key} of {rule.id!r} have an empty one",
                "it stands in every text",
            )
    if rule.decode not in DECODINGS:
        raise ShieldError(
            f"{where('decode')}: {rule.decode!r} is not known", "colon or jwt, or leave it out"
        )
    if not 0 <= rule.entropy <= MOST:
        raise ShieldError(
            f"{where('entropy')}: an entropy is between 0 and {MOST}",
            "bits a character; 3.5 is usual",
        )


def _check_regex(rule: Rule, where: str, *, own: bool) -> None:
    text = rule.regex or rule.value
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a set in a set, as other languages have them
            compiled = re.compile(text)
            # Files are bytes, and something is put in front of the regex.
            re.compile(("(?:)" + FLAGS.sub("", text, count=1)).encode())
    except (re.error, FutureWarning, DeprecationWarning, OverflowError, RecursionError) as error:
        hint = "it is one of Python's re over bytes; (?i), (?m) and (?s) may stand in it once, as (?im)"
        raise ShieldError(f"{where}: the regex is wrong: {error}", hint) from None
    if rule.regex and not compiled.groups:
        raise ShieldError(
            f"{where}: the regex has no group", "put the secret into the first group: (…)"
        )
    if compiled.match(""):
        raise ShieldError(
            f"{where}: the regex matches an empty text", "name at least one character of it"
        )
    if nested := runaway(text):
        raise ShieldError(
            f"{where}: the regex may take for ever: {nested}",
            "give the inner or the outer one a bound, as {1,100}",
        )
    if own and unbounded(text) > 1:
        words = f"{where}: the rule {rule.id!r} has several repeats without a bound"
        raise ShieldError(words, "write {0,200} for *, {1,200} for +")


def _no_duplicates(root: yaml.Node, file: str) -> None:
    """Refuse a key that stands twice: YAML would take the last one in silence."""
    for node in _nodes(root):
        seen: set[str] = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                where = f"{file}:{key.start_mark.line + 1}"
                raise ShieldError(
                    f"{where}: the key {key.value!r} stands here twice", "remove one of them"
                )
            seen |= {key.value} if isinstance(key, yaml.ScalarNode) else set()


def _line(root: yaml.Node, path: str, key: str = "", *, odd_key: bool = False) -> int:
    """Find the line of what msgspec complains about, as deep as its path leads."""
    node = root
    line = node.start_mark.line
    steps: list[str | int] = [*_steps(path), *([key] if key else [])]
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            found = [
                (k, v)
                for k, v in node.value
                if k.value == step or (step == OF_KINDS and not _is_list(v))
            ]
            # what a rule has from the defaults
            if not found and isinstance(step, str) and node is not root:
                found = [
                    (k, v)
                    for name, given in getattr(root, "value", ())
                    if name.value == "defaults" and isinstance(given, yaml.MappingNode)
                    for k, v in given.value
                    if k.value == step
                ]
            if not found:
                break
            line, node = found[0][0].start_mark.line, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    if odd_key and isinstance(node, yaml.MappingNode):
        known = {kind.value for kind in RuleKind} if steps else set(Pattern.__struct_fields__)
        line = next((k.start_mark.line for k, _ in node.value if k.value not in known), line)
    return int(line) + 1


def _is_list(node: yaml.Node) -> bool:
    return isinstance(node, yaml.SequenceNode) and all(
        isinstance(one, yaml.ScalarNode) for one in node.value
    )


def _steps(path: str) -> Iterator[str | int]:
    for name, index in re.findall(r"\.(\w+)|\[(\d+|\.\.\.)\]", path):
        yield name or (index if index == OF_KINDS else int(index))


def _words(sentence: str, *, key: bool) -> str:
    if key:
        return f"wrong key: {sentence}"
    return sentence.replace("Object contains unknown field", "unknown key").replace(
        "Object missing required field", "missing key"
    )


def _hint(sentence: str, path: str, taken: Collection[str] | None) -> str:
    if "unknown field" in sentence:
        keys = sorted({key for struct in (Pattern, Rule, Risk) for key in struct.__struct_fields__})
        return f"known keys: {', '.join(keys)}"
    if "enum value" not in sentence:
        return ""
    if re.search(r"\.(severity|impact|exploitability)$", path):
        return f"one of {', '.join(Severity)}"
    return f"one of {', '.join(RuleKind) if taken is None else 'regex, url'}"
