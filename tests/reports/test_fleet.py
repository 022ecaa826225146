from __future__ import annotations

import json

from shield_ai.flow.fleet import Outcome
from shield_ai.reports.fleet import fleet_json, fleet_text

LONG = "https://example.com/" + "a-very-long-group/" * 6 + "shop"
OUTCOMES = [
    Outcome(repository="calm", files=3, moved=4, secrets=2, scheduled=1),
    Outcome(repository=LONG, found={"critical": 2, "low": 1}, fixable=2),
    Outcome(repository="busy", found={"high": 7}, fixable=5),
    Outcome(
        repository="gone",
        error="git clone: fatal: repository does not exist, or access is denied " * 2,
    ),
]


def test_worst_repository_is_first_and_lines_fit():
    text = fleet_text(OUTCOMES)
    lines = text.splitlines()
    assert [line.split()[1:] for line in lines[1:4]] == [
        ["2", "0", "1", "0", "0"],
        ["0", "7", "0", "0", "0"],
        ["0", "0", "0", "4", "2"],
    ]
    assert lines[1].split()[0].endswith("/shop")
    assert max(map(len, lines)) <= 80
    assert "gone: git clone: fatal" in text
    assert "4 repositories, of which 1 failed; 10 findings" in text


def test_names_are_printable():
    assert "\x1b" not in fleet_text(
        [Outcome(repository="a\x1b[2Jb"), Outcome(repository="c", error="\x1b[2J")]
    )


def test_json_has_repositories_and_totals():
    found = json.loads(fleet_json(OUTCOMES))
    assert [one["repository"] for one in found["repositories"]] == [
        one.repository for one in OUTCOMES
    ]
    assert found["total"] == {
        "found": {"critical": 2, "low": 1, "high": 7}, "failed": 1, "fixable": 7, "unseen": 0, "moved": 4, "secrets": 2, "scheduled": 1,
    }  # fmt: skip
