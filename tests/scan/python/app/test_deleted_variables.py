from __future__ import annotations

import pytest
from shield_helpers import reason_of

READ = "import os\nDSN = os.environ.get('SENTRY_DSN')\n"


@pytest.fixture
def reason_for(scanned):
    """Return a function that scans a file beside one that reads a variable."""

    def explain(text: str, path: str = "shop/run.py") -> str:
        files = {"shop/sentry.py": READ, path: f"import os, sys\nfrom os import environ\n{text}\n"}
        sites = scanned(files).sites
        [site] = [site for finding, site in sites if finding.path == "shop/sentry.py"]
        return reason_of(site)

    return explain


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("os.environ.pop('SENTRY_DSN', None)", 3, id="pop"),
        pytest.param("environ.pop('SENTRY_DSN')", 3, id="pop of an import"),
        pytest.param("if sys.argv:\n    del os.environ['SENTRY_DSN']", 4, id="del"),
        pytest.param(
            "if 'SENTRY_DSN' in os.environ:\n    del os.environ['SENTRY_DSN']", 4, id="tested"
        ),
        pytest.param("from os import environ as env\nenv.pop('SENTRY_DSN', None)", 4, id="alias"),
        pytest.param("x = 1\ndel x, os.environ['SENTRY_DSN']", 4, id="del of two"),
        pytest.param("del(os.environ['SENTRY_DSN'])", 3, id="del without a space"),
        pytest.param("del (os.environ['A'], os.environ['SENTRY_DSN'])", 3, id="del of a tuple"),
        pytest.param("os.unsetenv('SENTRY_DSN')", 3, id="unsetenv"),
        pytest.param(
            "for name in ('DEBUG', 'SENTRY_DSN'):\n    os.environ.pop(name, None)", 4, id="loop"
        ),
    ],
)
def test_a_variable_that_the_app_deletes_stays_in_the_environment(reason_for, text, line):
    reason = f"shop/run.py, line {line}, deletes the variable: it stays in AWS"
    assert reason_for(text).startswith(reason)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("dsn = os.environ.pop('SENTRY_DSN')", id="read"),
        pytest.param("os.environ.pop('SENTRY_URL', None)", id="another variable"),
        pytest.param("cache = {}\ndel cache['SENTRY_DSN']", id="another mapping"),
        pytest.param("del os.environ", id="all"),
        pytest.param("del sys.modules[os.environ['SENTRY_DSN']]", id="deleted by its value"),
    ],
)
def test_other_variables_are_migrated(reason_for, text):
    assert reason_for(text) == ""


def test_deletions_outside_the_app_are_no_evidence(reason_for):
    assert reason_for("os.environ.pop('SENTRY_DSN', None)", "tests/test_run.py") == ""
