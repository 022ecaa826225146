from __future__ import annotations

import json

import pytest
from django_project import create_project, run_manage

STATUS = (
    "aws",
    "environment",
    "region",
    "fallback",
    "calls",
    "hit_rate",
    "errors",
    "last_error",
    "fallbacks",
    "stale",
)


@pytest.mark.parametrize(
    ("env", "shown"),
    [
        pytest.param({}, "-", id="not set"),
        pytest.param({"DJANGO_ENV": "development"}, "development", id="Django"),
        pytest.param({"DJANGO_ENV": "a", "AWS_SECRETS_ENV": "staging"}, "staging", id="AWS"),
    ],
)
def test_status_of_a_laptop(tmp_path, env, shown):
    done = run_manage(create_project(tmp_path), "shield", "status", **env)
    assert done.returncode == 0, done.stderr
    head = f"AWS Secrets Manager            off\nenvironment                    {shown}\n"
    assert done.stdout.startswith(head)


def test_status_with_aws_and_no_name_in_it(tmp_path, aws):
    done = run_manage(
        create_project(tmp_path),
        "shield",
        "status",
        "--json",
        USE_AWS_SECRETS="true",
        DJANGO_ENV="staging",
    )
    found = json.loads(done.stdout)
    assert tuple(found) == STATUS
    assert (found["aws"], found["environment"], found["fallbacks"], found["calls"]) == (
        True,
        "staging",
        1,
        1,
    )
    assert "django-secret-key" not in done.stdout


def test_clear_cache(tmp_path):
    done = run_manage(create_project(tmp_path), "shield", "clear-cache")
    assert done.stdout.startswith("Cache cleared in this process.")


def test_says_what_it_can_do(tmp_path):
    done = run_manage(create_project(tmp_path), "shield")
    assert done.returncode != 0
    assert "check,status,clear-cache" in done.stderr
