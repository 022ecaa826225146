"""Every optimization finds exactly what the plain path finds, on real trees."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from shield_ai.scan import enclosing_app
from shield_ai.scan.python.app_scan import scan_app
from shield_ai.scan.rules.pattern import RuleKind, csec34_rules
from shield_ai.scan.runner import scan_paths
from shield_ai.scan.text import parser_marks, prefilter, structure
from shield_ai.scan.text.config_tree import every_key

# Installed packages, which have code, configuration, templates, tests and data of many kinds.
SITE_PACKAGES = Path(jinja2.__file__).parents[1]
TREES = [
    "attr", "boto3", "click", "configurations", "coverage", "decouple.py", "django/conf", "django/contrib/admin",
    "django/contrib/auth", "django/core", "django/db", "django/utils", "environ", "fastapi", "flask", "grimp",
    "hypothesis", "jinja2", "jsonschema", "markdown_it", "moto/secretsmanager", "packaging", "pg8000", "pip",
    "psycopg", "pydantic_settings", "pygments", "pymysql", "rich", "starlette", "tomlkit", "waitress", "werkzeug",
    "yaml",
]  # fmt: skip


def installed():
    return [SITE_PACKAGES / name for name in TREES if (SITE_PACKAGES / name).exists()]


def facts(findings):
    """What a finding says, in a form that can be compared."""
    return sorted(
        (
            f.path,
            f.line,
            f.column,
            f.rule,
            f.name,
            str(f.severity),
            str(f.confidence),
            f.fingerprint,
        )
        for f in findings
    )


def needs_parser(name, raw, _part, *, has_found):
    """Whether a file has any syntax that needs a parser, by the plain pattern for it."""
    assert has_found in (True, False)
    if name == "json_values":
        return parser_marks.needs_parser(name, raw)
    marks = parser_marks.PARSER_MARKS[name].finditer(raw)
    return any(parser_marks.is_secret_mark(raw, mark) for mark in marks)


@pytest.fixture
def plain(monkeypatch):
    """Switch every optimization off.

    Hyperscan, the search for markers, the statement filter, and the choice of what is parsed and
    built of configuration files.
    """

    def scan_plainly(tree):
        with monkeypatch.context() as patch:
            patch.setattr(prefilter, "load_hyperscan", lambda: None)
            patch.setattr(structure, "matters", every_key)
            patch.setattr(structure, "needs_parser", needs_parser)
            patch.setattr(
                enclosing_app,
                "scan_app",
                lambda root, paths, variables, _markers, _ignored, reads: scan_app(
                    root, paths, variables, other_reads=reads
                ),
            )
            return scan_paths([tree], include_low_confidence=True)

    return scan_plainly


def test_enough_trees():
    assert len(installed()) >= 20


@pytest.mark.parametrize("tree", installed(), ids=lambda tree: str(tree.relative_to(SITE_PACKAGES)))
def test_fast_and_plain_path_find_the_same(tree, plain):
    fast = scan_paths([tree], include_low_confidence=True)
    assert facts(fast.findings) == facts(plain(tree).findings)


@pytest.mark.parametrize("tree", installed(), ids=lambda tree: str(tree.relative_to(SITE_PACKAGES)))
def test_scan_and_plan_see_the_same(tree):
    """What `plan` scans by itself is the part of `scan` that the rules on Python and .env find."""
    if tree.is_file():
        pytest.skip("plan takes a folder")
    kinds = {RuleKind.PYTHON, RuleKind.ABSENT, RuleKind.DOTENV}
    rules = {rule.id for rule in csec34_rules().values() if rule.kind in kinds}
    whole = scan_paths([tree], include_low_confidence=True)
    of_plan = scan_app(tree)
    seen = {(f.path, f.line, f.rule, f.name) for f in whole.findings if f.rule in rules}
    planned = {(f.path, f.line, f.rule, f.name) for f in of_plan.findings}
    suppressed = whole.suppressed
    assert len(planned - seen) <= suppressed
    assert seen <= planned


def test_trees_have_findings():
    """Else the comparison would show nothing."""
    pytest.importorskip("hyperscan")
    results = [scan_paths([tree], include_low_confidence=True) for tree in installed()]
    assert sum(len(result.findings) for result in results) >= 10
