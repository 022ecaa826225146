from __future__ import annotations

import pytest

from shield_ai.rewrite.password_linters import uses_bandit


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"Makefile": "lint:\n\tbandit -r shop\n"}, True, id="all levels"),
        pytest.param({"Makefile": "lint:\n\tbandit -r shop -ll\n"}, False, id="medium"),
        pytest.param({"tox.ini": "bandit -r a --severity-level high\n"}, False, id="by name"),
        pytest.param({"Makefile": "\tbandit -ll -r a\n\tbandit -r b\n"}, True, id="two runs"),
        pytest.param({"Makefile": "\tbandit -r shop -l\n"}, True, id="low"),
        pytest.param(
            {"Makefile": "bandit:\n\t./scripts/bandit\n", "scripts/bandit": "bandit -r . -ll\n"},
            False,
            id="script",
        ),
        pytest.param({"bandit.yaml": "", "tox.ini": "bandit -ll\n"}, False, id="configured"),
        pytest.param({"bandit.yaml": ""}, True, id="only configured"),
        pytest.param({"Makefile": "# bandit -r shop\n"}, False, id="comment"),
    ],
)
def test_finds_runs_of_bandit_that_report_low_severity(files, expected):
    raws = {path: text.encode() for path, text in files.items()}
    assert uses_bandit(raws.get) is expected
