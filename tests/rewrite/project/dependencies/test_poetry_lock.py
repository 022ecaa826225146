from __future__ import annotations

import tomllib

import pytest
from fixer_helpers import manifest, run
from lock_samples import POETRY_LOCK, POETRY_PROJECT

from shield_ai.rewrite.project import requirements
from shield_ai.rewrite.project.dependencies import poetry_lock
from shield_ai.rewrite.project.dependencies.lock_update import releases
from shield_ai.rewrite.reverse_edits import reverse_edits

# The content hashes in this file were calculated by Poetry 2.5.
HASH = "3d3cd7411a598c2b5827d671f2a8f6d6276e621f6c7502905ad21275bd4d097b"
NEW_HASH = "8730a53bc62e58d80b852a7659b870ce2daa3f5f935108d9f814df8219153bc0"
PROJECT = '[project]\nname = "x"\nrequires-python = ">=3.11"\ndependencies = ["django>=5"]\n'
GROUPS = '[dependency-groups]\ndev = ["six"]\n'


def fix(lock, project=POETRY_PROJECT):
    """Return poetry.lock after boto3 was added; None if it is reported as outdated."""
    files = {"pyproject.toml": project.encode(), "poetry.lock": lock.encode()}
    skipped = run(requirements.add_requirements(files.get, manifest()), files)
    assert b"boto3" in files["pyproject.toml"]
    assert ("poetry.lock" in skipped) == (files["poetry.lock"] == lock.encode())
    assert not run(requirements.add_requirements(files.get, manifest()), files)
    return None if "poetry.lock" in skipped else files["poetry.lock"].decode()


def without_groups(lock):
    return "".join(line for line in lock.splitlines(True) if not line.startswith("groups"))


def test_adds_packages_to_the_main_group():
    after = fix(POETRY_LOCK)
    expected = POETRY_LOCK.replace(HASH, NEW_HASH).replace('["dev"]', '["main", "dev"]')
    for name, following in [
        ("boto3", '[[package]]\nname = "Django"'),
        ("botocore", '[[package]]\nname = "Django"'),
        ("jmespath", '[[package]]\nname = "python-dateutil"'),
        ("s3transfer", '[[package]]\nname = "six"'),
        ("urllib3", "[metadata]"),
    ]:
        block = releases()[name].texts["poetry"]
        expected = expected.replace(following, f"{block}\n{following}")
    assert after == expected
    before = POETRY_LOCK.encode()
    assert reverse_edits("poetry.lock", before, after.encode(), after.encode()) == before


def test_the_form_of_poetry_1_has_no_groups():
    after = fix(without_groups(POETRY_LOCK).replace('"2.1"', '"2.0"'))
    assert "groups" not in after
    assert NEW_HASH in after
    assert releases()["urllib3"].texts["poetry-1"] in after


@pytest.mark.parametrize(
    ("project", "before", "after"),
    [
        pytest.param(PROJECT, "728cabfe9631fa17d67ad62f283d874ace202443d96449008582638fbf7c21ab", "dd3d89242b02a0ab475035d376026445beaca8130dd76385edc7303c7233a2e7", id="project"),
        pytest.param(PROJECT + GROUPS, "8b50af19e123d2aabca9dc0573262f546f1fa590f1d11634941984e16ef16307", "51348873099574244f12955dd90fb8011fc26fce5cac90334987217b5ee57e4f", id="groups"),
        pytest.param(PROJECT + GROUPS, "728cabfe9631fa17d67ad62f283d874ace202443d96449008582638fbf7c21ab", "dd3d89242b02a0ab475035d376026445beaca8130dd76385edc7303c7233a2e7", id="groups before Poetry 2.3"),
    ],
)  # fmt: skip
def test_calculates_the_content_hash_as_poetry_does(project, before, after):
    assert f'content-hash = "{after}"' in fix(POETRY_LOCK.replace(HASH, before), project)


def test_boto3_of_another_group_becomes_a_main_dependency():
    text = "".join(f"{item.texts['poetry']}\n" for item in releases().values())
    lock = POETRY_LOCK.partition("[[package]]")[0] + text.replace('["main"]', '["test"]')
    after = fix(f"{lock}[metadata]{POETRY_LOCK.partition('[metadata]')[2]}")
    packages = tomllib.loads(after)["package"]
    assert len(packages) == len(releases())
    assert all(package["groups"] == ["main", "test"] for package in packages)


SIX = 'name = "six"\nversion = "1.16.0"\n'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"2.1"', '"1.1"', id="version"),
        pytest.param('"2.1"', '"3.0"', id="new version"),
        pytest.param(HASH, NEW_HASH, id="inconsistent"),
        pytest.param('python-versions = "^3.11"', 'python-versions = "^3.9"', id="Python too old"),
        pytest.param("[metadata]", "[unknown]\n[metadata]", id="unknown key"),
        pytest.param('"2.9.0"', '"3.1.0"', id="locked version too new"),
        pytest.param('six = ">=1.5"', 'six = {version = ">=1.5", markers = "os_name == \\"nt\\""}', id="platform"),
        pytest.param(SIX, f'{SIX}markers = "os_name == \\"nt\\""\n', id="package for a platform"),
        pytest.param(f"[[package]]\n{SIX}", f'[[package]]\nname = "six"\nversion = "1.15.0"\noptional = false\n[[package]]\n{SIX}', id="fork"),
        pytest.param("optional = false", "optional = true", id="optional"),
        pytest.param("optional = false", 'optional = false\ncategory = "main"', id="category"),
        pytest.param('groups = ["dev"]\n', "", id="no groups"),
        pytest.param("\n", "\r\n", id="line endings"),
        pytest.param(POETRY_LOCK, "", id="empty"),
        pytest.param(POETRY_LOCK, "metadata = 1", id="wrong type"),
    ],
)  # fmt: skip
def test_reports_a_lock_file_that_is_unusual(old, new):
    assert old in POETRY_LOCK
    assert fix(POETRY_LOCK.replace(old, new)) is None


@pytest.mark.parametrize(("priority", "is_updated"), [("primary", False), ("explicit", True)])
def test_an_index_that_poetry_may_search(priority, is_updated):
    url = "https://pypi.example/simple"
    source = f'[[tool.poetry.source]]\nname = "x"\nurl = "{url}"\npriority = "{priority}"\n'
    project = POETRY_PROJECT + source
    content_hash = poetry_lock._content_hash(tomllib.loads(project), None)
    assert (fix(POETRY_LOCK.replace(HASH, content_hash), project) is not None) == is_updated
