"""Findings in a notebook name the cell and the line."""

from __future__ import annotations

import json

import pytest
from scaling import assert_linear

from shield_ai.scan.files.suppressions import apply_suppressions, find_suppressions
from shield_ai.scan.rules import pattern
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.text.detector import Detector
from shield_ai.scan.text.engine import scan_credentials
from shield_ai.scan.text.notebook import Notebook
from shield_ai.scan.text.notebook_suppressions import cover_outputs

DETECTOR = Detector([pattern.credential_pattern()])
TOKEN = "ghp" + fill("_{alnum:36}")
LINES = ["import os\n", "# Größe\n", f'API_TOKEN = "{TOKEN}"\n']


@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "indented"])
@pytest.mark.parametrize("source", [LINES, "".join(LINES)], ids=["lines", "text"])
def test_cell_and_line(source, indent):
    cells = [{"cell_type": "markdown", "source": ["a\n"]}, {"cell_type": "code", "source": source}]
    raw = json.dumps({"cells": cells, "nbformat": 4}, indent=indent, ensure_ascii=False).encode()
    [found] = DETECTOR.find("a.ipynb", raw)
    assert found.message.endswith(", in cell 2, line 3")
    [other] = DETECTOR.find("a.json", raw)
    assert (other.line, other.column, other.rule) == (found.line, found.column, found.rule)


@pytest.mark.parametrize(
    ("above", "line"),
    [
        pytest.param('path = "C:\\new"\n', 2, id="escaped backslash before n"),
        pytest.param('path = "C:\\"\n', 2, id="escaped backslash before a quote"),
        pytest.param("a\\\nb\n", 3, id="continued line"),
        pytest.param("\n" * 9, 10, id="empty lines"),
    ],
)
def test_line_in_a_source_that_is_one_text(above, line):
    source = f'{above}API_TOKEN = "{TOKEN}"\n'
    raw = json.dumps({"cells": [{"cell_type": "code", "source": source}]}).encode()
    [found] = DETECTOR.find("a.ipynb", raw)
    assert found.message.endswith(f", in cell 1, line {line}")


def test_many_places_take_linear_time():
    def find_places(count):
        raw = json.dumps({"cells": [{"source": "a\n" * count}]}).encode()
        cells = Notebook(raw)
        first = raw.index(b"a\\n")
        for number in range(count):
            assert cells.place(first + number * 3) == f"cell 1, line {number + 1}"

    assert_linear(find_places, 10_000)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"cells": [{"outputs": [{"widget": "TOKEN"}]}]}', id="unknown output"),
        pytest.param('{"metadata": {"a": "TOKEN"}, "cells": 5}', id="metadata"),
        pytest.param("TOKEN", id="not JSON"),
        pytest.param('[{"cells": [["TOKEN"', id="cut off"),
        pytest.param("[" * 10_000 + '"TOKEN"', id="deep"),
    ],
)
def test_outside_a_cell(text):
    raw = text.replace("TOKEN", TOKEN).encode()
    assert Notebook(raw).place(raw.index(TOKEN.encode())) == ""
    assert [", in cell" in found.message for found in DETECTOR.find("a.ipynb", raw)] == [False]


COLORS = f"API_TOKEN\\u001b[0m = \\u001b[38;5;124m\\u001b[1m{TOKEN}\\u001b[0m"
PNG = "iVBORw0KGgo" + fill("{alnum:30}") + "+AKIA" + fill("{upper:16}") + fill("/{alnum:60}")


def notebook(output: str, *, cell: str = "print(x)") -> bytes:
    """Return a notebook whose second cell has one output before the given one."""
    outputs = f'{{"output_type": "stream", "text": ["a\\n"]}}, {output}'
    cells = f'{{"source": ["a"]}},\n{{"source": ["{cell}"],\n"outputs": [\n{outputs}\n]}}'
    return f'{{"cells": [{cells}], "nbformat": 4}}'.encode()


@pytest.mark.parametrize(
    ("output", "line"),
    [
        pytest.param(f'{{"text": ["a\\n", "{TOKEN}\\n"]}}', 2, id="stream"),
        pytest.param(f'{{"text": "a\\n{TOKEN}\\n"}}', 2, id="stream in one text"),
        pytest.param(f'{{"text": ["\\tb\\t{TOKEN}"]}}', 1, id="tab"),
        pytest.param(f'{{"data": {{"text/plain": ["\'{TOKEN}\'"]}}}}', 1, id="result"),
        pytest.param(f'{{"data": {{"text/html": "<td>&quot;{TOKEN}&quot;</td>"}}}}', 1, id="html"),
        pytest.param(f'{{"data": {{"application/json": {{"a": "{TOKEN}"}}}}}}', 1, id="json"),
        pytest.param(f'{{"ename": "E", "evalue": "x: {TOKEN}"}}', 1, id="error"),
        pytest.param(f'{{"traceback": ["a", "b", "{COLORS}"]}}', 3, id="traceback with colors"),
        pytest.param(f'{{"text": ["\\u00e9\\u001b[31m{TOKEN}"]}}', 1, id="color after a letter"),
        pytest.param(f'{{"text": ["\\ud83d\\ude00{TOKEN}"]}}', 1, id="surrogates"),
    ],
)
def test_output_is_named(output, line):
    raw = notebook(output)
    [found] = DETECTOR.find("a.ipynb", raw)
    assert found.message.endswith(f", in cell 2, output 2, line {line}")
    start = raw.splitlines()[found.line - 1].decode()[found.column - 1 :]
    assert start.startswith(TOKEN)


@pytest.mark.parametrize(
    "output",
    [
        pytest.param('{"data": {"image/png": "PNG"}}', id="one text"),
        pytest.param('{"data": {"image/png": ["PNG\\n",\n  "PNG"], "a": 1}}', id="lines"),
    ],
)
def test_image_is_skipped(output):
    assert DETECTOR.find("a.json", notebook(output.replace("PNG", PNG)))
    assert DETECTOR.find("a.ipynb", notebook(output.replace("PNG", PNG))) == []


def test_text_as_an_image_is_not_skipped():
    assert DETECTOR.find("a.ipynb", notebook(f'{{"data": {{"image/png": "{TOKEN}"}}}}'))


def test_text_after_an_image_is_not_skipped():
    output = f'{{"data": {{"image/png": "iVBORw0KGgoAAAA", "text/plain": "{TOKEN}"}}}}'
    [found] = DETECTOR.find("a.ipynb", notebook(output))
    assert found.message.endswith(", in cell 2, output 2, line 1")


@pytest.mark.parametrize(
    ("comment", "rules"),
    [
        pytest.param("# shield: ignore[CRED.github-token] revoked", [], id="the rule"),
        pytest.param("print(x)  # shield: ignore[CRED] revoked", [], id="behind code"),
        pytest.param("# shield: ignore revoked", [], id="every rule"),
        pytest.param("# shield: ignore[CRED.jwt] revoked", ["CRED.github-token"], id="other rule"),
        pytest.param("# shield: ignore[CRED.github-token]", ["CRED.github-token"], id="no reason"),
        pytest.param("print(x)", ["CRED.github-token"], id="no comment"),
    ],
)
def test_suppression_in_a_cell_covers_its_outputs(comment, rules):
    raw = notebook(f'{{"text": ["a\\n",\n"b\\n",\n"{TOKEN}"]}}', cell=comment)
    scan = scan_credentials(["a.ipynb"], lambda _: raw, [pattern.credential_pattern()])
    remaining, _ = apply_suppressions(scan.findings, scan.suppressions.get("a.ipynb", []))
    assert [finding.rule for finding in remaining] == rules


def test_suppression_does_not_cover_another_cell():
    cells = [
        {"source": ["# shield: ignore[CRED] revoked\n", "x"], "outputs": [{"text": ["a"]}]},
        {"source": ["y"], "outputs": [{"text": [TOKEN]}]},
    ]
    raw = json.dumps({"cells": cells}, indent=1).encode()
    comments = cover_outputs(raw, find_suppressions(raw))
    findings = DETECTOR.find("a.ipynb", raw)
    remaining, useless = apply_suppressions(findings, comments)
    assert (remaining, len(useless)) == (findings, 1)
