from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId

LOOP = "import os\nfor k in ['DEBUG', 'API_KEY']:\n"


@pytest.mark.parametrize(
    ("code", "is_held"),
    [
        pytest.param("    if k in os.environ:\n        globals()[k] = os.environ[k]", True, id="in"),
        pytest.param(
            "    if k not in os.environ: continue\n    globals()[k] = os.environ[k]", True, id="not in"
        ),
        pytest.param(
            "    if os.getenv(k):\n        globals()[k] = os.environ[k]", True, id="value"
        ),
        pytest.param("    if k not in os.environ: raise SystemExit(k)", False, id="only tested"),
        pytest.param("    globals()[k] = os.environ[k]", False, id="only read"),
        pytest.param(
            "    globals()[k] = os.environ[k]\nif 'API_KEY' in os.environ: print()",
            False,
            id="another test",
        ),
    ],
)  # fmt: skip
def test_holds_a_loop_that_tests_and_reads_a_name(scanned, code, is_held):
    text = f"{LOOP}{code}\nX = os.environ['API_KEY']\n"
    sites = [site for _, site in scanned({"shop/settings.py": text}).sites]
    loop = [site for site in sites if site.name_expr]
    assert loop
    for site in loop:
        assert (site.reason is not None and site.reason.id is SkipId.TESTED_NAME) == is_held
    assert sites[-1].reason is None
