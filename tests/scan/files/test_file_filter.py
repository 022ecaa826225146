from __future__ import annotations

import pytest

from shield_ai.scan.files.file_filter import PATTERNS, Markers, find_markers


def test_each_marker_has_a_pattern() -> None:
    assert tuple(PATTERNS) == Markers._fields


@pytest.mark.parametrize(
    ("text", "settings", "expected"),
    [
        pytest.param(b"os.environ['API_KEY']", False, True, id="read of a secret"),
        pytest.param(b"os.environ['STRING_SESSION']", False, True, id="session of Telegram"),
        pytest.param(b"os.environ['RBAC_PSKS']", False, True, id="shared keys"),
        pytest.param(b"os.environ['HOME']", False, False, id="read of another variable"),
        pytest.param(
            b"config(\n" + b" " * 40 + b"'API_KEY')", False, True, id="name on an indented line"
        ),
        pytest.param(
            b"os.environ[\n" + b" " * 40 + b"f'{prefix}_API_KEY']", False, True, id="computed name"
        ),
        pytest.param(b"class A(BaseSettings):\n    token: str", False, True, id="pydantic"),
        pytest.param(b"password = 'a'", False, False, id="short literal"),
        pytest.param(b"password = 'a'", True, True, id="short literal in settings"),
        pytest.param(b"password = 'correct-horse'", False, True, id="long literal"),
    ],
)
def test_files_with_secrets_are_parsed(text: bytes, settings: bool, expected: bool) -> None:
    assert find_markers(text).may_have_secrets(in_settings=settings) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"from tools import *", True),
        (b"from tools import config", True),
        (b"import os\nvalue = os.getenv", True),
        (b"from tools import logger", False),
    ],
)
def test_files_that_export_a_reader(text: bytes, expected: bool) -> None:
    assert find_markers(text).may_export_readers() is expected
