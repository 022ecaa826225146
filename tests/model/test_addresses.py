from __future__ import annotations

import tomllib
from pathlib import Path

from shield_ai.model.addresses import DOCUMENTATION, REPOSITORY, rule_page

ROOT = Path(__file__).parents[2]


def test_addresses_are_those_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["urls"] == {
        "Homepage": REPOSITORY,
        "Documentation": DOCUMENTATION,
        "Repository": REPOSITORY,
        "Issues": f"{REPOSITORY}/issues",
        "Changelog": f"{REPOSITORY}/blob/main/CHANGELOG.md",
    }


def test_page_of_a_rule():
    assert rule_page("CSEC34.literal") == f"{DOCUMENTATION}reference/rules/CSEC34.literal.html"
