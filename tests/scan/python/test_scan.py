from __future__ import annotations

import pytest

TEXT = """
import os
A = os.environ["A_TOKEN"]
for part in ("B", "C"):
    globals()[part] = os.environ[f"{part}_TOKEN"]
D_TOKEN = "correct-horse-7-battery"
"""


@pytest.mark.parametrize(
    ("variables", "lines"),
    [
        pytest.param({"A_TOKEN"}, [3], id="read"),
        pytest.param({"A_TOKEN", "C_TOKEN"}, [3, 5], id="one of several"),
        pytest.param({"D_TOKEN"}, [6], id="literal"),
        pytest.param({"E_TOKEN"}, [], id="none"),
    ],
)
def test_finds_the_places_of_a_secret(scanned, variables, lines):
    scan = scanned({"shop/settings.py": TEXT})
    assert [found.line for found in scan.findings_of(variables)] == lines
