"""Find secrets in configuration files with parsers that keep positions.

The regular expressions of `assignments` miss or misread values on the next line, in blocks, lists
and anchors, beside their name, or in base64. They are still used for comments, scripts in values,
and files that cannot be parsed.
"""

from __future__ import annotations

import base64
import bisect
import functools
import itertools
import re
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.assignment_patterns import DEFAULT
from shield_ai.scan.text.assignments import Assignment, assignments
from shield_ai.scan.text.config_node import Node
from shield_ai.scan.text.credibility import Family, secret_family
from shield_ai.scan.text.parser_marks import is_secret_name, needs_parser
from shield_ai.scan.text.randomness import is_random
from shield_ai.scan.text.regions import whole_file_region

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from shield_ai.scan.text.config_tree import KeyFilter
    from shield_ai.scan.text.regions import Region

    Span = tuple[int, int]
    # A secret and its span; or None and the span of a value that is not a secret.
    Result = tuple["Assignment | None", Span]

# Matches the name of a file. Each group has the name of a function in `config_parsers`.
FORMAT = regex(
    r"(?P<yaml_values>.*\.ya?ml)|(?P<json_values>.*\.(?:json|jsonc|json5|ipynb|tfstate|template))"
    r"|(?P<multiline_strings>.*\.(?:toml|tfvars|tf|hcl))"
    r"|(?P<docker_values>(?:docker|container)file.*|.*\.dockerfile)"
    r"|(?P<line_values>\.env.*|\.pypirc|pip\.conf|.*\.(?:env|ini|cfg|conf|cnf|properties))",
    re.IGNORECASE,
)
LOGIN_URL = regex(r"[a-z][a-z0-9+.-]{1,30}://[^\s/@:]*:([^\s/@]+)@\S+\s*\Z", re.IGNORECASE)
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
KUBERNETES_NAME = regex(r"[a-z0-9]+([-.][a-z0-9]+)*")
ENVIRONMENT_KEYS = frozenset({"environment", "env"})
NAME_KEYS = frozenset({"name", "key"})
VALUE_KEYS = frozenset({"value"})
DEFAULT_KEYS = VALUE_KEYS | {"default"}  # of a CloudFormation parameter

TREE_PARSERS = frozenset({"yaml_values", "json_values"})
# The exact keys of a Kubernetes Secret.
KUBERNETES_KEYS = frozenset({"kind", "data", "stringData"})


@functools.lru_cache(maxsize=8192)
def matters(key: str) -> bool:
    """Return whether the list or map with or under a key can contain secrets."""
    if key in KUBERNETES_KEYS or key.lower() in ENVIRONMENT_KEYS | NAME_KEYS:
        return True
    return is_secret_name(key)


class ParsedConfig:
    """The secrets of a configuration file.

    Args:
        values: The secrets.
        spans: The names and values that the parser has checked; they may overlap.
    """

    def __init__(self, values: list[Assignment], spans: Iterable[Span]) -> None:
        self.values = values
        self.spans = sorted(spans)
        self._starts = [start for start, _ in self.spans]
        # For each span, the highest end of the span and all spans before it.
        self._ends = list(itertools.accumulate((end for _, end in self.spans), max))

    def covers(self, assigned: Assignment) -> bool:
        """Return whether the parser has checked a value that a regular expression found."""
        count = bisect.bisect_left(self._starts, assigned.end)
        return count > 0 and assigned.name_start < self._ends[count - 1]


def parse_config(
    path: str,
    raw: bytes,
    parsers: frozenset[str] | None = None,
    part: Region | None = None,
    *,
    has_found: bool = True,
) -> ParsedConfig | None:
    """Parse a configuration file that the regular expressions of `assignments` may misread.

    Args:
        path: Relative, with forward slashes.
        raw: The file's bytes.
        parsers: The keys of `PARSER_MARKS` that match the file; None if not known.
        part: The part that must have such syntax; None for the whole file.
        has_found: Whether regular expressions found an assignment, which the parser can reject.

    Returns:
        The secrets; None if there is no parser for the file, or no need to parse it.

    Raises:
        ConfigTooLargeError: The file is too large to parse.
    """
    if parsers is not None and not parsers:
        return None
    file_format = FORMAT.fullmatch(path, path.rfind("/") + 1)
    parser_name = file_format.lastgroup if file_format else None
    if parser_name is None or (parsers is not None and parser_name not in parsers):
        return None
    if not needs_parser(parser_name, raw, part, has_found=has_found):
        return None
    values: dict[Span, Assignment] = {}
    spans: list[Span] = []
    for assigned, span in find_secrets(parser_name, raw):
        spans.append(span)
        if assigned:
            values.setdefault((assigned.start, assigned.end), assigned)
    return ParsedConfig(list(values.values()), spans)


def find_secrets(
    parser_name: str, raw: bytes, is_wanted: KeyFilter | None = None
) -> Iterator[Result]:
    """Yield the secrets of a file, and the values in it that are not secrets.

    Args:
        parser_name: The name of a function in `config_parsers`.
        raw: The file.
        is_wanted: Whether the list or map with or under a key can contain secrets; by default,
            `matters`.
    """
    from shield_ai.scan.text import config_parsers

    parse: Callable[..., Iterable[Node]] = getattr(config_parsers, parser_name)
    roots = parse(raw, is_wanted or matters) if parser_name in TREE_PARSERS else parse(raw)
    yield from _secrets_in(roots)


def _pair(key: Node, value: Node, *, is_remote: bool) -> Iterator[Result]:
    if is_remote and key.text == "secretKey":
        yield None, (key.start, value.end)
    elif is_secret_name(key.text):
        yield from _secret_key(key, value)
    elif key.text.lower() in ENVIRONMENT_KEYS:
        yield from _environment_list(value)


def _secrets_in(roots: Iterable[Node]) -> Iterator[Result]:
    """Yield the secrets of all nodes. A node with several YAML aliases is visited once."""
    pending = list(roots)
    seen: set[Span] = set()
    while pending:
        node = pending.pop()
        span = (node.start, node.end)
        if not node.is_container or span in seen:
            continue
        seen.add(span)
        kind = node.kubernetes_kind()
        if kind == "SealedSecret":  # encrypted
            yield None, span
            continue
        yield from _name_value_pair(node)
        if kind == "Secret":
            yield from _kubernetes_secret(node)
        is_remote = node.child("remoteRef") is not None  # https://external-secrets.io
        for key, value in node.pairs:
            yield from _pair(key, value, is_remote=is_remote)
            pending.append(value)
        pending += node.items


def _secret_key(key: Node, value: Node) -> Iterator[Result]:
    """Yield the texts under a secret-like key: a text, the items of a list, a default."""
    if value.is_container:
        yield None, (key.start, value.start + 1)
        texts = _texts_in(key, value)
    else:
        yield None, (key.start, value.start)
        texts = [value]
    for text in texts:
        if "\n" not in text.text.strip():
            yield _create_assignment(key, text), (text.start, text.end)


def _texts_in(key: Node, container: Node) -> list[Node]:
    """Return the items of a list, or the defaults of a map, that may be secrets."""
    # A list under `password:` contains rules for passwords; under `passwords:`, the passwords.
    is_plural = key.text.lower().endswith("s")
    texts = []
    for item in container.items:
        if not item.is_container and (is_plural or is_random(item.text)):
            texts.append(item)
    for inner_key, inner in container.pairs:
        if inner_key.text.lower() in DEFAULT_KEYS and not inner.is_container:
            texts.append(inner)
    return texts


def _name_value_pair(node: Node) -> Iterator[Result]:
    """Yield the value of a map like `{name: DB_PASSWORD, value: …}`."""
    name = node.find_text(NAME_KEYS)
    value = node.find_text(VALUE_KEYS)
    if not name or not value or not is_secret_name(name.text):
        return
    secret = None if _is_reference(name, value) else _create_assignment(name, value)
    yield secret, (value.start, value.end)
    yield None, (name.start, name.end)


def _is_reference(name: Node, value: Node) -> bool:
    """Return whether a value like `shop-db` is the name of a Kubernetes Secret."""
    if secret_family(name.text) is not Family.SECRET or is_random(value.text):
        return False
    return bool(KUBERNETES_NAME.fullmatch(value.text))


def _environment_list(node: Node) -> Iterator[Result]:
    """Yield the values of a list of `NAME=value`."""
    for item in node.items:
        name, sign, text = item.text.partition("=")
        has_escapes = len(item.text.encode()) != item.end - item.start
        if sign and is_secret_name(name) and not has_escapes:
            start = item.start + len(name.encode()) + 1
            value = Node(text, start, item.end, quoted=item.quoted)
            assigned = _create_assignment(Node(name, item.start, start - 1), value)
            yield assigned, (item.start, item.end)


def _kubernetes_secret(node: Node) -> Iterator[Result]:
    """Yield the values of a Kubernetes Secret: base64 in `data`, text in `stringData`.

    https://kubernetes.io/docs/concepts/configuration/secret/
    """
    for data_key, data in node.pairs:
        for key, value_node in data.pairs:
            if data_key.text == "data":
                found = _decode(key.text, value_node.text)
            elif data_key.text == "stringData":
                found = _single_line(key.text, value_node.text)
            else:
                continue
            start, end = value_node.start, value_node.end
            for name, value in found:
                assigned = Assignment(
                    name, value, start, end, key.start, quoted=True, declared=True
                )
                yield assigned, (key.start, end)


def _single_line(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text, unless it is a file of assignments, which are found anyway."""
    raw = text.encode("utf-8", "replace")
    if "\n" not in text.strip() and not any(
        assignments(raw, whole_file_region(raw), unquoted=True)
    ):
        yield name, text.strip()


def _decode(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the names and secrets in a base64 text: the text, a URL's password, or assignments."""
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
        decoded = raw.decode()
    except ValueError:
        return
    if url := LOGIN_URL.match(decoded):
        yield "password", url[1]
    elif "\n" not in decoded.strip():
        yield name, decoded.strip()
    for assigned in assignments(raw, whole_file_region(raw), unquoted=True):
        yield assigned.name, assigned.value


def _create_assignment(name: Node, text: Node) -> Assignment:
    value = text.text.strip()
    if default := DEFAULT.fullmatch(value.encode()):
        start = text.start + default.start("value")
        value = default["value"].decode()
        return Assignment(name.text, value, start, text.end - 1, name.start, quoted=True)
    return Assignment(name.text, value, text.start, text.end, name.start, quoted=text.quoted)
