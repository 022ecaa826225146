from __future__ import annotations

import tomllib

import pytest
from fixer_helpers import manifest, run

from shield_ai.rewrite.project import requirements
from shield_ai.rewrite.project.dependencies.lock_update import releases
from shield_ai.rewrite.project.dependencies.wanted_requirements import Target

NEWEST = releases()["boto3"].version
PINS = (
    '[project]\ndependencies = ["aiohttp ==3.1", "celery ==5.6.2", "Django ==5.2", "redis ==7.1"]\n'
)
POETRY = '[tool.poetry.dependencies]\npython = "~3.12"\ncelery = "5.6.2"\nDjango = "5.2"\n'
PIPFILE = '[packages]\ncelery = "==5.6.2"\nDjango = {version = "==5.2", extras = ["argon2"]}\n'
UV = '[[package]]\nname = "app"\ndependencies = [\n    { name = "boto3" },\n]\n\n'
BOTO3 = '[[package]]\nname = "boto3"\nversion = "1.42.65"\ndescription = "The AWS SDK"\n'


def fix(files, installed=()):
    raws = {path: text.encode() for path, text in files.items()}
    target = Target(dict(installed))
    found = requirements.add_requirements(raws.get, manifest(), target=target)
    run(found, raws)
    return {path: raw.decode() for path, raw in raws.items() if files[path] != raw.decode()}


def in_pyproject(expected):
    return {"pyproject.toml": expected}


def with_line(text, line):
    return {"pyproject.toml": f"{text}{line}\n"}


LISTED = PINS.replace('"celery', '"boto3 ==1.42.65", "celery')
OPEN = PINS.replace('"celery', '"boto3>=1.26", "celery')


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"pyproject.toml": PINS, "uv.lock": UV + BOTO3}, in_pyproject(LISTED), id="uv"),
        pytest.param({"pyproject.toml": PINS, "pdm.lock": BOTO3}, in_pyproject(LISTED), id="pdm"),
        pytest.param({"pyproject.toml": PINS, "poetry.lock": BOTO3.replace("\n", "\r\n")}, in_pyproject(LISTED), id="poetry, list"),
        pytest.param({"pyproject.toml": POETRY, "poetry.lock": BOTO3}, with_line(POETRY, 'boto3 = "1.42.65"'), id="poetry"),
        pytest.param(
            {"pyproject.toml": POETRY.replace('"5', '"==5'), "poetry.lock": BOTO3},
            with_line(POETRY.replace('"5', '"==5'), 'boto3 = "==1.42.65"'),
            id="poetry, operator",
        ),
        pytest.param(
            {"pyproject.toml": POETRY.replace('"5', '"^5'), "poetry.lock": BOTO3},
            with_line(POETRY.replace('"5', '"^5'), 'boto3 = "^1.26"'),
            id="poetry, carets",
        ),
        pytest.param({"Pipfile": PIPFILE, "Pipfile.lock": '{"default": {"boto3": {"version": "==1.42.65"}}}'}, {"Pipfile": PIPFILE + 'boto3 = "==1.42.65"\n'}, id="pipenv"),
    ],
)  # fmt: skip
def test_pins_the_version_of_the_lock_file_as_its_neighbors(files, expected):
    assert fix(files) == expected
    for path, text in expected.items():
        assert tomllib.loads(text), path


@pytest.mark.parametrize(
    "lock",
    [
        pytest.param(BOTO3.replace("boto3", "aiobotocore"), id="a package that limits boto3"),
        pytest.param(BOTO3.replace("1.42.65", "1.20.1"), id="too old for the runtime"),
        pytest.param(BOTO3.replace("1.42.65", "1.42; x"), id="not a version"),
        pytest.param(BOTO3 + BOTO3.replace("1.42.65", "1.40.1"), id="one for each platform"),
    ],
)
def test_allows_new_versions_if_the_lock_file_has_none_to_pin(lock):
    assert fix({"pyproject.toml": PINS, "uv.lock": lock}) == in_pyproject(OPEN)


@pytest.mark.parametrize(
    ("before", "pin"),
    [
        pytest.param(PINS, "1.42.97", id="no Python"),
        pytest.param(f'{PINS}requires-python = ">=3.9"\n', "1.42.97", id="old Python"),
        pytest.param(f'{PINS}requires-python = ">=3.10"\n', NEWEST, id="newer Python"),
    ],
)
def test_pins_a_new_package_as_its_neighbors(before, pin):
    lock = BOTO3.replace("boto3", "boto3-stubs")
    expected = before.replace('"celery', f'"boto3 =={pin}", "celery')
    assert fix({"pyproject.toml": before, "uv.lock": lock}) == {"pyproject.toml": expected}


@pytest.mark.parametrize("python", ['python_version = "3.12"', 'python_full_version = "3.12.1"'])
def test_pins_a_new_package_for_the_python_of_pipenv(python):
    before = f"[requires]\n{python}\n{PIPFILE}"
    assert fix({"Pipfile": before}) == {"Pipfile": f'{before}boto3 = "=={NEWEST}"\n'}


@pytest.mark.parametrize(
    ("lock", "requirement"),
    [
        ("[]", "==1.42.97"),
        ("{", "==1.42.97"),
        ('{"default": []}', "==1.42.97"),
        ('{"default": {"boto3": {}}}', ">=1.26"),
        ('{"default": {"boto3": {"version": "*"}}}', ">=1.26"),
    ],
)
def test_ignores_an_invalid_lock_file_of_pipenv(lock, requirement):
    after = fix({"Pipfile": PIPFILE, "Pipfile.lock": lock})
    assert after["Pipfile"] == PIPFILE + f'boto3 = "{requirement}"\n'


def test_prefers_the_lock_file_to_the_virtual_environment():
    files = {"pyproject.toml": PINS, "uv.lock": BOTO3}
    assert fix(files, {"boto3": "1.40.1"}) == in_pyproject(LISTED)
