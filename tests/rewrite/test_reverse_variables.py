from __future__ import annotations

import pytest

from shield_ai.rewrite.reverse_variables import reverse_variables

BEFORE = b"# the app\nA=1\nPASSWORD=old\n"
APPLIED = BEFORE + b"KEY=first\n"


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        pytest.param(
            APPLIED.replace(b"first", b"rotated"), BEFORE + b"KEY=rotated\n", id="added by apply"
        ),
        pytest.param(
            APPLIED.replace(b"old", b"rotated"),
            BEFORE.replace(b"old", b"rotated"),
            id="beside an added one",
        ),
        pytest.param(APPLIED + b"NEW=1\n", BEFORE + b"NEW=1\n", id="new"),
        pytest.param(
            b"# mine\n" + APPLIED.replace(b"old", b"rotated"),
            b"# mine\n" + BEFORE.replace(b"old", b"rotated"),
            id="with another edit",
        ),
        pytest.param(b"# mine\n" + APPLIED, None, id="no value"),
        pytest.param(APPLIED + b"A=2\n", None, id="two values"),
        pytest.param(APPLIED.replace(b"old", b"it's $x"), None, id="no common form"),
        pytest.param(APPLIED + b"NEW=\xff\n", None, id="not UTF-8"),
    ],
)
def test_keeps_changed_values(current, expected):
    assert reverse_variables(".env", BEFORE, APPLIED, current) == expected


def test_keeps_the_values_of_a_new_file():
    merged = reverse_variables(".env", b"", b"KEY=first\n", b"KEY=first\nPASSWORD=rotated\n")
    assert merged == b"PASSWORD=rotated\n"
