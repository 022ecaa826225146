from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId

READ = "KEY = os.environ['S3_API_KEY']"


@pytest.mark.parametrize(
    ("condition", "is_skipped"),
    [
        pytest.param("INTEGRATION_TEST", True, id="name"),
        pytest.param("settings.IS_TESTING", True, id="attribute"),
        pytest.param("os.environ.get('TESTING', '') == 'true'", True, id="read"),
        pytest.param("env.bool('RUNNING_TESTS', False)", True, id="read as a boolean"),
        pytest.param("os.environ['TEST'] == '1'", True, id="subscript"),
        pytest.param("'test' in sys.argv", True, id="argument"),
        pytest.param("'PYTEST_CURRENT_TEST' in os.environ", True, id="set by pytest"),
        pytest.param("TESTING is True and DEBUG", True, id="and another condition"),
        pytest.param("TESTING or 'pytest' in sys.modules", True, id="both"),
        pytest.param("TESTING or DEBUG", False, id="or another condition"),
        pytest.param("not TESTING", False, id="not in tests"),
        pytest.param("STRIPE_TEST_MODE", False, id="mode"),
        pytest.param("LATEST", False, id="another word"),
        pytest.param("TESTING == NAME", False, id="unknown value"),
        pytest.param("TESTING == 'false'", False, id="false"),
        pytest.param("'test' not in sys.argv", False, id="no argument"),
        pytest.param("'test' in DATABASES", False, id="key of a setting"),
    ],
)
def test_reads_in_branches_for_tests_stay(scanned, condition, is_skipped):
    text = f"import os, sys\nif {condition}:\n    {READ}\n"
    [site] = [site for _, site in scanned({"settings.py": text}).sites if site.variable]
    assert site.reason == (SkipId.DEVELOPMENT_STAGE.reason() if is_skipped else None)


@pytest.mark.parametrize(
    ("condition", "is_skipped"), [("not TESTING", True), ("TESTING", False), ("not DEBUG", False)]
)
def test_reads_in_the_other_branch(scanned, condition, is_skipped):
    text = f"import os\nif {condition}:\n    pass\nelse:\n    {READ}\n"
    [site] = [site for _, site in scanned({"settings.py": text}).sites if site.variable]
    assert site.reason == (SkipId.DEVELOPMENT_STAGE.reason() if is_skipped else None)
