from __future__ import annotations

import ast

import pytest

from shield_ai.scan.python.classify.stage_conditions import Stage, required_stage


def stage_of(condition):
    return required_stage(ast.parse(condition, mode="eval").body)


@pytest.mark.parametrize(
    ("condition", "opposite"),
    [
        ("DEBUG", "not DEBUG"),
        ("settings.DEBUG is True", "settings.DEBUG is False"),
        ("DEBUG == True", "DEBUG == False"),
        ("os.environ['DEBUG'] != '0'", "os.environ['DEBUG'] == '0'"),
        ("os.environ.get('DEBUG', False)", "os.getenv('DEBUG') in ('false', 'no')"),
        ("ENV == 'development'", "ENV != 'development'"),
        ("ENV in ('local', 'test')", "ENV not in ('local', 'test')"),
        ("ENV != 'production'", "ENV == 'production'"),
        ("not PRODUCTION", "PRODUCTION"),
        ("not " * 1001 + "LIVE", "not " * 1000 + "LIVE"),
        ("DEBUG and USE_MAIL", "not DEBUG and USE_MAIL"),
        ("DEBUG or LOCAL", "not (DEBUG or USE_MAIL)"),
        ("DEBUG and not TESTING", "not DEBUG and not TESTING"),
    ],
)
def test_conditions_that_only_one_stage_meets(condition, opposite):
    assert stage_of(condition) is Stage.DEVELOPMENT
    assert stage_of(opposite) is Stage.PRODUCTION


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param("USE_MAIL", id="a feature"),
        pytest.param("DEVICE", id="another word"),
        pytest.param("LATEST or LOCALE", id="other words"),
        pytest.param("ENV in ('local', 'production')", id="both"),
        pytest.param("DEBUG or USE_MAIL", id="one of several"),
        pytest.param("not (DEBUG and USE_MAIL)", id="not both"),
        pytest.param("DEBUG and PRODUCTION", id="a contradiction"),
        pytest.param("'test' not in sys.argv", id="not in tests"),
        pytest.param("ENV != 'staging'", id="not in staging"),
        pytest.param("1 < LEVEL < 3", id="two comparisons"),
    ],
)
def test_conditions_that_several_stages_can_meet(condition):
    assert stage_of(condition) is None


def test_a_condition_on_tests_is_for_development_and_one_on_staging_is_not():
    assert stage_of("'test' in sys.argv") is Stage.DEVELOPMENT
    assert stage_of("ENV == 'staging'") is Stage.PRODUCTION
