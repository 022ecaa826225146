from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from shield_ai.scan.text import config_parsers
from shield_ai.scan.text.config_tree import every_key
from shield_ai.scan.text.parser_marks import (
    MAX_SIZE,
    PARSER_MARKS,
    ConfigTooLargeError,
    find_marks,
    needs_parser,
)
from shield_ai.scan.text.regions import Region
from shield_ai.scan.text.structure import find_secrets, matters, parse_config

PARSERS = [
    pytest.param(config_parsers.yaml_values, "a.yml", id="yaml"),
    pytest.param(config_parsers.json_values, "a.json", id="json"),
    pytest.param(config_parsers.multiline_strings, "a.toml", id="toml"),
    pytest.param(config_parsers.docker_values, "Dockerfile", id="dockerfile"),
    pytest.param(config_parsers.line_values, "a.ini", id="ini"),
]
# What the formats are made of, so that the search gets somewhere.
WORDS = b"password name value : := = \n \r\n - { } [ ] , \" ' ''' \"\"\" \\ | >- &a *a !x # <<EOT ENV ? --- hunter22 kind: Secret data"
PIECES = st.sampled_from(
    [*WORDS.split(b" "), b" ", b"\n  ", b": ", b"\n", b"\xff", b"\0", b"\xef\xbb\xbf", "é".encode()]
)

# Pieces of lists and maps that the names of secrets are in.
TREE_PIECES = st.sampled_from(
    [
        *(
            b'{"a": |{"password": |{"kind": "Secret", |"data": |"name": "DB_TOKEN", |"value": "b", '
            b'"environment": [|"API_KEY=c", |"default": "d"|[|]|}|, |"e"|: |"tokens": |*x|&x |\n|- '
            b"|a:|\n  |name: DB_TOKEN\n|value: c\n|password:|? |'|/*|\xc3\xbc"
        ).split(b"|"),
    ]
)


def nested(values, depth=0):
    for value in values:
        yield value
        if depth < 50:
            yield from nested(
                [*value.items, *(part for pair in value.pairs for part in pair)], depth + 1
            )


@pytest.mark.parametrize(("parse", "path"), PARSERS)
@given(raw=st.lists(PIECES, max_size=24).map(b"".join))
@example(raw=b"password: |")
@example(raw=b"&a [*a, {password: *a}]")
@example(raw=b'{"password": "')
def test_parsers_accept_any_bytes_and_stay_within_the_file(parse, path, raw):
    for value in nested(parse(raw)):
        assert 0 <= value.start <= value.end <= len(raw)
    if found := parse_config(path, b"password: abcdef\n" + raw):
        assert found.spans == sorted(found.spans)


@pytest.mark.parametrize(
    ("parse", "part"),
    [
        pytest.param(config_parsers.json_values, b"[", id="json"),
        pytest.param(config_parsers.json_values, b'{"a":', id="json maps"),
        pytest.param(config_parsers.yaml_values, b"[", id="yaml"),
        pytest.param(config_parsers.yaml_values, b"- ", id="yaml lists"),
        pytest.param(config_parsers.line_values, b"a=\n b", id="lines"),
        pytest.param(config_parsers.multiline_strings, b'a = """\n', id="quotes"),
    ],
)
def test_deeply_nested_files_are_fast(parse, part):
    parse(part * 5000)


def test_yaml_alias_bomb_is_visited_once():
    raw = "password: &a0 [x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)
    )
    found = parse_config("a.yml", raw.encode())
    assert found is not None
    assert len(found.spans) < 100


@pytest.mark.parametrize("parse", ["yaml_values", "json_values"])
@given(raw=st.lists(TREE_PIECES, max_size=40).map(b"".join))
@example(raw=b'{"kind": "Secret", "a": [{"data": {"b": "YWJjZGVmZ2g="}}]}')
@example(raw=b"a: &x [{passwords: [b]}]\npasswords: *x\nc: {d: *x}")
@example(raw=b'{"a": [{"b": {"password": {"default": "c"}}}, {"environment": ["TOKEN=d"]}]}')
@example(raw="ü: {ß: {password: é}}\nä: ö\ntoken: ü".encode())
def test_only_lists_and_maps_that_matter_are_built(parse, raw):
    assert list(find_secrets(parse, raw)) == list(find_secrets(parse, raw, every_key))


def test_lists_and_maps_that_do_not_matter_are_not_built():
    raw = b"a: {b: [c, {d: e}]}\nf:\n- token: g\n"
    (root,) = config_parsers.yaml_values(raw, matters)
    assert root.pairs == ()
    assert [node.text for value in nested([root]) for pair in value.pairs for node in pair] == [
        "token",
        "g",
    ]


def test_offsets_after_long_texts_are_byte_offsets():
    raw = f"a: {'ü' * 1000}\nb: {{c: ß}}\nd: é\n".encode()
    (root,) = config_parsers.yaml_values(raw)
    texts = [raw[node.start : node.end].decode() for pair in root.pairs for node in pair]
    assert texts == ["a", "ü" * 1000, "b", "{c: ß}", "d", "é"]


def test_pure_python_yaml_parser_gives_the_same_nodes(monkeypatch):
    raw = "ü: {password: hunter22}\ntoken: &t |\n  abcdef12\nkey: !x 'it''s'\n".encode()
    fast = config_parsers.yaml_values(raw)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert config_parsers.yaml_values(raw) == fast


@pytest.mark.parametrize("path", ["a.py", "a.yml.txt", "Makefile"])
def test_other_files_are_not_parsed(path):
    assert parse_config(path, b"password: hunter22") is None


def test_files_without_secrets_are_not_parsed():
    assert parse_config("a.yml", b"a: b\n") is None


def test_very_large_files_are_not_parsed():
    with pytest.raises(ConfigTooLargeError):
        parse_config("a.yml", b"password: hunter22\n" + b"#" * MAX_SIZE)


@pytest.mark.parametrize(
    ("parse", "unit"),
    [
        pytest.param(config_parsers.yaml_values, b"- a\n", id="yaml"),
        pytest.param(config_parsers.json_values, b"[", id="json"),
        pytest.param(config_parsers.multiline_strings, b'a="""\n"""\n', id="toml"),
        pytest.param(config_parsers.docker_values, b"ENV a b\n", id="dockerfile"),
        pytest.param(config_parsers.line_values, b"a=b\n", id="ini"),
    ],
)
def test_parsers_stop_after_many_tokens(monkeypatch, parse, unit):
    monkeypatch.setattr(config_parsers, "MAX_TOKENS", 50)
    parse(unit * 9)
    with pytest.raises(ConfigTooLargeError):
        parse(unit * 60)


def test_positions_are_byte_offsets():
    raw = "über: 'ß'\npassword: \"né\"\n".encode()
    (root,) = config_parsers.yaml_values(raw)
    assert [raw[v.start : v.end].decode() for _, v in root.pairs] == ["ß", "né"]
    assert re.search(b"password", raw)[0] == raw[root.pairs[1][0].start : root.pairs[1][0].end]


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        pytest.param(r"caf\u00e9", "café", id="escape"),
        pytest.param(r"\ud83d\ude00", "\U0001f600", id="surrogate pair"),
        pytest.param(r"\ud83d", r"\ud83d", id="first half of a pair"),
        pytest.param(r"a\n\ude00", r"a\n\ude00", id="second half of a pair"),
        pytest.param(r"\q", r"\q", id="invalid escape"),
    ],
)
def test_escapes_of_json(text, decoded) -> None:
    (node,) = config_parsers.json_values(f'"{text}"'.encode())
    assert node.text == decoded


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(r'{"name": "DB_PASSWORD", "value": "\ud800"}', id="value beside its name"),
        pytest.param(
            r'{"environment": ["DB_PASSWORD=\ud800"], "a": {"name": "API_KEY", "value": ""}}',
            id="list",
        ),
        pytest.param(r'{"kind": "Secret", "stringData": {"password\ud800": "\udfff"}}', id="map"),
    ],
)
def test_half_a_surrogate_pair_is_searched(text) -> None:
    found = parse_config("a.json", text.encode())
    assert found is not None
    for assigned in found.values:
        assert (assigned.name + assigned.value).encode()


MARK_PIECES = st.sampled_from(
    b"password|token|name|key|kind|: |:|=|'|\"| |\n|\r\n|Secret|Sealed|value|ENV |x|-|{|a b|<<|,|\n:".split(
        b"|"
    )
)


@pytest.mark.parametrize("name", sorted(PARSER_MARKS.keys() - {"json_values"}))
@given(raw=st.lists(MARK_PIECES, max_size=30).map(b"".join))
@example(raw=b"name:\n  api-password\nkind: SealedSecret\nname: key: token:\n")
def test_marks_are_the_matches_of_the_pattern(name, raw):
    marks = [mark.span() for mark in find_marks(name, raw, Region(0, len(raw), len(raw)))]
    assert marks == [mark.span() for mark in PARSER_MARKS[name].finditer(raw)]


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        pytest.param("  type: string\n  title: a\nb: c\n", False, id="schema"),
        pytest.param("  type: string\n", False, id="schema at the end"),
        pytest.param(" other: c\n", False, id="no value"),
        pytest.param("  type: string\n  default: c\n", True, id="default"),
        pytest.param("  type: {a: b}\n  'value': c\n", True, id="value"),
        pytest.param('  "t\\x79pe": string\n', True, id="escape"),
        pytest.param("  a: b\n" * 2000, True, id="long map"),
        pytest.param("  c d\n", True, id="text"),
        pytest.param("  'c: d'\n", True, id="quoted text"),
        pytest.param("- c\n", True, id="list"),
        pytest.param("  # a comment\n  c\n", True, id="comment"),
    ],
)
def test_maps_that_describe_a_secret_need_no_parser(text, needed):
    raw = f"a:\n password:\n{text.replace('  ', '   ')}".encode()
    assert needs_parser("yaml_values", raw, has_found=False) is needed
    assert needs_parser("yaml_values", raw, has_found=True)
