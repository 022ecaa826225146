from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from shield_ai import errors, runtime

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_what_the_code_says(generate):
    old = [name for name, text in generate.pages().items() if (DOCS / "reference" / name).read_text() != text]
    assert old == [], "make docs"


def test_every_setting_of_the_runtime_is_explained(generate):
    source = Path(runtime.__file__).read_text()
    read = set(re.findall(r'(?:environ\.get|_switch|_seconds|_word)\(\s*"([A-Z_]+)"', source))
    assert read == set(generate.SETTINGS)


def test_every_metric_and_exit_code_is_explained(generate):
    assert set(generate.METRICS) == set(runtime.COUNTS)
    codes = {name for name, value in vars(errors).items() if name.isupper() and isinstance(value, int)}
    assert codes - {"TYPE_CHECKING"} == set(generate.CODES)
