"""Findings in a notebook name the cell and the line."""

from __future__ import annotations

import json

import pytest

from shield_ai.scan.rules import pattern
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.text.detector import Detector
from shield_ai.scan.text.notebook import Notebook

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
    "text",
    [
        pytest.param('{"cells": [{"outputs": [{"text": "TOKEN"}]}]}', id="output"),
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
