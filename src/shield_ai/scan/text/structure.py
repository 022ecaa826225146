"""What a configuration file says where the bytes alone mislead: its names and values, by a parser that keeps positions.

A value on the next line, in a block, in a list, beside its name, behind an anchor, in base64: each format has its own
ways. The regular expressions of `assignments` see the rest: comments, scripts within values, files that do not parse.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.assignments import (
    CORE,
    DEFAULT,
    NAME_END,
    Assigned,
    assignments,
    name_start,
)
from shield_ai.scan.text.credibility import Family, family
from shield_ai.scan.text.randomness import is_random
from shield_ai.scan.text.regions import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LARGEST = 400_000  # bytes; what is larger was written by a program, and is not worth its parsing
# from its telling word on; the rest is in front of it
NAME = rb"(?P<name>" + CORE + NAME_END + rb")[\"']?"
BESIDE = (
    rb"|\b(?:name|key)[\"']?[ \t]{0,9}:\s{0,9}[\"']?(?P<beside>[\w.\-]{0,60}"
    + CORE
    + rb"[\w.\-]{0,50})"
)
# By a file's name: its parser.
FORMAT = regex(
    r"(?P<yaml_values>.*\.ya?ml)|(?P<json_values>.*\.(?:json|jsonc|json5|ipynb|tfstate|template))"
    r"|(?P<equals_values>.*\.(?:toml|tfvars|tf|hcl))|(?P<docker_values>(?:docker|container)file.*|.*\.dockerfile)"
    r"|(?P<line_values>\.env.*|\.pypirc|pip\.conf|.*\.(?:env|ini|cfg|conf|cnf|properties))",
    re.IGNORECASE,
)
# What a parser sees that the regular expressions do not; all else is not worth its time.
MARKS = {
    "yaml_values": regex(
        rb"(?im)" + NAME + rb"(?:[ \t]{0,9}:[ \t]{0,9}"
        # What begins with ${ names something that stands elsewhere.
        rb"(?:[&!|>\[{#]|\r?$|\"(?:[^\"\\\n]|\\.)*$|'[^'\n]*(?:$|'')|(?!\$\{)[^\s\"'#\[{&!|>][^\n]*?[ \t,}])"
        rb"|=(?!\$\{)[^\s\"'=][^\n]*?[ \t][^\s#]|[ \t]{0,9}\r?\n:)"
        + BESIDE
        + rb"|^kind:[ \t]{0,9}(?P<secret>(?:Sealed)?Secret)\b"
    ),
    "json_values": regex(rb"(?i)" + NAME + rb"\s{0,40}:\s{0,40}\{" + BESIDE),
    "equals_values": regex(rb"(?i)" + NAME + rb"[ \t]{0,40}=[ \t]{0,40}(?:\"{3}|'{3}|<<)"),
    "docker_values": regex(rb"(?im)^[ \t]{0,40}ENV[ \t]+\w{0,60}?" + NAME + rb"[ \t]+[^=\s]"),
    "line_values": regex(
        rb"(?im)"
        + NAME
        + rb"[ \t]{0,40}[=:][ \t]{0,40}(?:\r?$|\"[^\"\n]*$|'[^'\n]*$|[^\s\"'][^\n]*?[ \t][^\s#;])"
    ),
}
VALUE = regex(rb"(?i)\"value\"\s{0,40}:")
LOGIN = regex(r"[a-z][a-z0-9+.-]{1,30}://[^\s/@:]*:([^\s/@]+)@\S+\s*\Z", re.IGNORECASE)
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
LABEL = regex(r"[a-z0-9]+([-.][a-z0-9]+)*")
ENVIRONMENTS = frozenset({"environment", "env"})
NAMES, VALUES = frozenset({"name", "key"}), frozenset({"value"})
# What stands under a name beside its type: CloudFormation's parameters have a default.
GIVEN = VALUES | {"default"}


class Value(NamedTuple):
    """A text of a file, or what holds texts."""

    text: str
    start: int  # byte offsets of the text, without its quotes
    end: int
    quoted: bool = True
    items: tuple[Value, ...] = ()  # of a list
    pairs: tuple[tuple[Value, Value], ...] = ()  # of a map
    holds: bool = False  # whether it is a list or a map


class Structure(NamedTuple):
    """What a parser found."""

    values: list[Assigned]
    # what it has decided, in bytes, in order: the regular expressions say nothing here
    spans: list[tuple[int, int]]

    def decides(self, one: Assigned) -> bool:
        """Whether a value that a regular expression found was seen by the parser."""
        return any(start < one.end and one.name_start < end for start, end in self.spans)


def structure(path: str, raw: bytes, hard: frozenset[str] | None = None) -> Structure | None:
    """Parse a file in which something may be misread; None where there is nothing of the kind, or no parser.

    Args:
        path: Relative, with slashes.
        raw: The file's bytes.
        hard: For which parsers it has something that may be misread; None where nobody looked.
    """
    if hard is not None and not hard:
        return None  # most files, without a look at their names
    found = FORMAT.fullmatch(path, path.rfind("/") + 1)
    name = (found and found.lastgroup) or ""
    if not name or len(raw) > LARGEST or (hard is not None and name not in hard):
        return None
    if name == "json_values" and not VALUE.search(raw):
        return None  # translations, schemas: a map under a telling name says nothing without
    if not any(_tells(raw, match) for match in MARKS[name].finditer(raw)):
        return None
    from shield_ai.scan.text import config_parsers  # only few files need them

    parse: Callable[[bytes], Iterable[Value]] = getattr(config_parsers, name)
    values: dict[tuple[int, int], Assigned] = {}
    spans: list[tuple[int, int]] = []
    for one, span in _entries(parse(raw)):
        spans.append(span)
        if one:
            values.setdefault((one.start, one.end), one)
    return Structure(list(values.values()), sorted(spans))


def _tells(raw: bytes, match: re.Match[bytes]) -> bool:
    """Whether a name that says secret is given something that may be misread."""
    found = match.groupdict()
    if found.get("secret"):
        return True
    name = found.get("beside") or found["name"]
    if not found.get("beside"):
        name = raw[name_start(raw, match.start()) : match.start()] + name
    return _secret(name.decode("utf-8", "replace"))


def _secret(name: str) -> bool:
    return name.lower() != "key" and family(name) is not Family.NONE


def _entries(roots: Iterable[Value]) -> Iterator[tuple[Assigned | None, tuple[int, int]]]:
    """Yield each value under a telling name, and the bytes that are decided by it; each node once, aliases or not."""
    todo, seen = list(roots), set[tuple[int, int]]()
    while todo:
        value = todo.pop()
        if not value.holds or (value.start, value.end) in seen:
            continue
        seen.add((value.start, value.end))
        if _kind(value) == "SealedSecret":
            yield None, (value.start, value.end)
            continue
        yield from _beside(value)
        yield from _manifest(value)
        for key, inner in value.pairs:
            if _secret(key.text):
                yield from _under(key, inner)
            elif key.text.lower() in ENVIRONMENTS:
                yield from _listed(inner)
            todo.append(inner)
        todo += value.items


def _under(key: Value, value: Value) -> Iterator[tuple[Assigned | None, tuple[int, int]]]:
    """Yield what stands under a telling name."""
    several = key.text.lower().endswith("s")  # below a `password:`, a list holds the rules for one
    items = [item for item in value.items if not item.holds and (several or is_random(item.text))]
    texts = items if value.holds else [value]
    texts += [
        inner for name, inner in value.pairs if name.text.lower() in GIVEN and not inner.holds
    ]
    yield None, (key.start, value.start + 1 if value.holds else value.start)
    for text in texts:
        if "\n" not in text.text.strip():
            yield _assigned(key, text), (text.start, text.end)


def _beside(value: Value) -> Iterator[tuple[Assigned | None, tuple[int, int]]]:
    """Yield what a map like `{name: DB_PASSWORD, value: …}` says."""
    named = next((v for k, v in value.pairs if k.text.lower() in NAMES and not v.holds), None)
    given = next((v for k, v in value.pairs if k.text.lower() in VALUES and not v.holds), None)
    if named and given and _secret(named.text):
        # DB_SECRET with the value shop-db: the name of a Secret, as templates of OpenShift have it.
        reference = (
            family(named.text) is Family.SECRET
            and LABEL.fullmatch(given.text)
            and not is_random(given.text)
        )
        yield None if reference else _assigned(named, given), (given.start, given.end)
        yield None, (named.start, named.end)


def _listed(value: Value) -> Iterator[tuple[Assigned | None, tuple[int, int]]]:
    """Yield what a list of `NAME=value` says."""
    for item in value.items:
        name, sign, text = item.text.partition("=")
        if sign and _secret(name) and len(item.text.encode()) == item.end - item.start:
            start = item.start + len(name.encode()) + 1
            given = Value(text, start, item.end, quoted=item.quoted)
            yield _assigned(Value(name, item.start, start - 1), given), (item.start, item.end)


def _manifest(value: Value) -> Iterator[tuple[Assigned | None, tuple[int, int]]]:
    """Yield what a Secret of Kubernetes holds in base64.

    https://kubernetes.io/docs/concepts/configuration/secret/
    """
    for key, inner in value.pairs:
        if key.text == "data" and _kind(value) == "Secret":
            for name, text in inner.pairs:
                for of, plain in _decoded(name.text, text.text):
                    yield (
                        Assigned(of, plain, text.start, text.end, name.start, quoted=True),
                        (name.start, text.end),
                    )


def _decoded(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the secrets in a text in base64: itself, the password of a URL, or those of a file."""
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
        plain = raw.decode()
    except ValueError:
        return
    if found := LOGIN.match(plain):
        yield "password", found[1]
    elif "\n" not in plain.strip():
        yield name, plain.strip()
    yield from ((one.name, one.value) for one in assignments(raw, whole(raw), bare=True))


def _kind(value: Value) -> str:
    return next((inner.text for key, inner in value.pairs if key.text == "kind"), "")


def _assigned(name: Value, text: Value) -> Assigned:
    if default := DEFAULT.fullmatch(text.text.strip().encode()):
        start = text.start + default.start("value")
        return Assigned(
            name.text, default["value"].decode(), start, text.end - 1, name.start, quoted=True
        )
    return Assigned(
        name.text, text.text.strip(), text.start, text.end, name.start, quoted=text.quoted
    )
