from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.project.python_source import Source
from shield_ai.rewrite.python.equivalence import ReplacedExpressions, equivalence_problem

MODULE = "shop.utils.secrets"
IMPORT = f"from {MODULE} import get_secret\n"
VARIABLES = {"api-key": "API_KEY", "other": "OTHER", "db:password": "DB_PASSWORD"}
CHANGED = SkipId.WOULD_CHANGE_MEANING


def problem(before, after, imports=()):
    source = Source.from_bytes("settings.py", before.encode())
    replaced = ReplacedExpressions(variables=VARIABLES, imports=imports)
    reason = equivalence_problem(source, after.encode(), MODULE, replaced)
    return reason.id if reason else None


@pytest.mark.parametrize(
    ("read", "call"),
    [
        ('os.environ["API_KEY"]', 'get_secret("api-key")'),
        ('os.environ.get("API_KEY")', 'get_secret("api-key", None)'),
        ('os.getenv("API_KEY", "d")', 'get_secret("api-key", "d")'),
        ('os.environ["DB_PASSWORD"]', 'get_secret("db:password")'),
        ('f(os.environ["API_KEY"])', 'f(get_secret("api-key"))'),
        ('env("API_KEY")', 'get_secret("api-key", lambda: env("API_KEY"))'),
        ('"k3y"', 'get_secret("api-key", default="k3y")'),
    ],
)
def test_accepts_a_call_for_the_read_it_stands_for(read, call):
    assert problem(f"import os\nX = {read}\n", f"import os\n{IMPORT}X = {call}\n") is None


@pytest.mark.parametrize(
    ("read", "call"),
    [
        pytest.param('os.environ["API_KEY"]', 'get_secret("other")', id="another variable"),
        pytest.param('os.environ["API_KEY"]', 'get_secret("unknown")', id="not in the map"),
        pytest.param('os.environ["DB_PASSWORD"]', 'get_secret("db")', id="field is missing"),
        pytest.param('os.environ["API_KEY"]', 'get_secret("api-key", None)', id="new default"),
        pytest.param('os.getenv("API_KEY")', 'get_secret("api-key")', id="lost default"),
        pytest.param('os.getenv("API_KEY", "d")', 'get_secret("api-key", "e")', id="other default"),
        pytest.param('os.getenv("API_KEY", 0)', 'get_secret("api-key", False)', id="other type"),
        pytest.param('f(os.environ["API_KEY"])', 'get_secret("api-key")', id="lost call"),
        pytest.param('os.environ.pop("API_KEY")', 'get_secret("api-key")', id="not plain"),
        pytest.param('config("API_KEY")', 'get_secret("api-key")', id="reads .env"),
        pytest.param('"k3y"', 'get_secret("api-key", "k3y")', id="literal as the default of a read"),
    ],
)  # fmt: skip
def test_rejects_a_call_with_another_meaning(read, call):
    assert problem(f"import os\nX = {read}\n", f"import os\n{IMPORT}X = {call}\n") == CHANGED


def test_accepts_only_the_removal_of_named_imports():
    before = 'import os, sys\nfrom os import environ\nX = os.environ["API_KEY"]\n'
    call = 'X = get_secret("api-key")\n'
    assert problem(before, f"import sys\n{IMPORT}{call}", {"os", "environ"}) is None
    assert problem(before, f"{IMPORT}{call}", {"os", "environ"}) == CHANGED
    assert problem(before, f"import sys\n{IMPORT}{call}", {"os"}) == CHANGED
    assert problem(before, f"import sys\n{IMPORT}{call}") == CHANGED


@pytest.mark.parametrize("second", ["1", "2"])
def test_compares_each_statement_of_a_line_that_the_rewrite_breaks(second):
    before = 'import os\nX = f(os.environ["API_KEY"]); Y = 1\n'
    after = f'import os\n{IMPORT}X = f(\n    get_secret("api-key")\n); Y = {second}\n'
    assert problem(before, after) == (None if second == "1" else CHANGED)
