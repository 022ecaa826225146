from __future__ import annotations

import subprocess

import pytest
from shield_helpers import reason_of

from shield_ai.flow.app_context import AppContext
from shield_ai.flow.draft.app_draft import draft_manifest, write_draft

VALUE = "hunter2" * 3
APP = {
    "pyproject.toml": "[project]\nname = 'shop'\n",
    "config/__init__.py": "",
    "config/settings.py": f"INSTALLED_APPS = []\nAUTH_PASSWORD = '{VALUE}'\n",
}
USES = {
    "compose": ("docker-compose.yml", "services:\n  x:\n    environment:\n      - AUTH_PASSWORD\n"),
    "Dockerfile": ("Dockerfile", "FROM x\nENV AUTH_PASSWORD abc\n"),
    "script": ("run.sh", "export AUTH_PASSWORD=abc\n"),
    "workflow": (".github/workflows/ci.yml", "env:\n  AUTH_PASSWORD: ${{ secrets.P }}\n"),
    "env file": (".env", "AUTH_PASSWORD=abc\n"),
    "example": (".env.example", "AUTH_PASSWORD=\n"),
    "task definition": ("ecs/task.json", '[{"environment": [{"name": "AUTH_PASSWORD"}]}]'),
    "Makefile": ("Makefile", "run:\n\tAUTH_PASSWORD=abc ./run\n"),
}


def write(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def drafted(root):
    return [secret.env for secret in AppContext(root).manifest.secret]


@pytest.mark.parametrize("use", [pytest.param(use, id=name) for name, use in USES.items()])
def test_a_variable_that_the_repository_sets_gets_a_prefix(tmp_path, use):
    write(tmp_path, {**APP, use[0]: use[1]})
    assert drafted(tmp_path) == ["SHOP_AUTH_PASSWORD"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("run.sh", "export MY_AUTH_PASSWORD=abc\n", id="other name"),
        pytest.param("README.md", "AUTH_PASSWORD=\n", id="document"),
        pytest.param("config/settings.py.example", "AUTH_PASSWORD = ''\n", id="Python"),
        pytest.param("cache/entry", "a\0AUTH_PASSWORD=b\0", id="binary"),
        pytest.param("locale/en.yml", "AUTH_PASSWORD: Password\n", id="translation"),
    ],
)
def test_other_files_do_not_set_variables(tmp_path, path, text):
    write(tmp_path, {**APP, path: text})
    assert drafted(tmp_path) == ["AUTH_PASSWORD"]


def test_the_repository_around_the_app_counts(tmp_path):
    app = tmp_path / "backend"
    write(app, APP)
    write(tmp_path, {"compose.yml": USES["compose"][1], "README.md": "AUTH_PASSWORD\n"})
    for arguments in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    assert drafted(app) == ["SHOP_AUTH_PASSWORD"]
    (tmp_path / "compose.yml").write_text("services: {}\n")
    assert drafted(app) == ["AUTH_PASSWORD"]


@pytest.mark.parametrize("name", ["PASSWORD", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY"])
def test_a_variable_that_shells_and_tools_define_gets_a_prefix(tmp_path, name):
    write(tmp_path, {**APP, "config/settings.py": f"INSTALLED_APPS = []\n{name} = '{VALUE}'\n"})
    assert drafted(tmp_path) == [f"SHOP_{name}"]


def test_a_value_stays_if_both_variables_are_taken(tmp_path):
    write(tmp_path, {**APP, ".env": "AUTH_PASSWORD=a\nSHOP_AUTH_PASSWORD=b\n"})
    app = AppContext(tmp_path)
    assert app.manifest.secret == ()
    reason = "the variables AUTH_PASSWORD and SHOP_AUTH_PASSWORD have another use"
    assert [reason_of(site) for _, site in app.sites] == [reason]
    assert [(skip.name, skip.reason) for skip in app.scan_result.skipped] == [
        ("AUTH_PASSWORD", reason)
    ]


def test_the_code_may_read_the_prefixed_variable(tmp_path):
    read = "import os\nOTHER = os.environ['SHOP_AUTH_PASSWORD']\n"
    write(tmp_path, {**APP, "run.sh": USES["script"][1]})
    settings = tmp_path / "config/settings.py"
    settings.write_text(read + settings.read_text())
    assert drafted(tmp_path) == ["SHOP_AUTH_PASSWORD"]
    reasons = {finding.name: reason_of(site) for finding, site in AppContext(tmp_path).sites}
    assert reasons["OTHER"] == ""
    assert reasons["AUTH_PASSWORD"].endswith("have another use")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("", "", id="as drafted"),
        pytest.param('env = "SHOP_AUTH_PASSWORD"', 'env = "AUTH_PASSWORD"', id="own name"),
    ],
)
def test_the_variable_of_shield_toml_is_kept(tmp_path, old, new):
    write(tmp_path, {**APP, "run.sh": USES["script"][1]})
    app = AppContext(tmp_path)
    write_draft(app, draft_manifest(app).manifest)
    manifest = tmp_path / "shield.toml"
    manifest.write_text(manifest.read_text().replace(old, new) if old else manifest.read_text())
    [(_, site)] = AppContext(tmp_path).sites
    assert site.variable == AppContext(tmp_path).manifest.secret[0].env
    assert reason_of(site) == ""


def test_shield_toml_can_name_another_variable_before_apply(tmp_path):
    write(tmp_path, APP)
    app = AppContext(tmp_path)
    write_draft(app, draft_manifest(app).manifest)
    manifest = tmp_path / "shield.toml"
    manifest.write_text(manifest.read_text().replace('env = "AUTH_PASSWORD"', 'env = "MY_OWN"'))
    [(_, site)] = AppContext(tmp_path).sites
    assert site.variable == "MY_OWN"


def test_an_ignored_variable_is_ignored_with_its_prefix(tmp_path):
    write(tmp_path, {**APP, "run.sh": USES["script"][1]})
    write(tmp_path, {"shield.toml": '[app]\nname = "shop"\nignore = ["SHOP_AUTH_PASSWORD"]\n'})
    [(_, site)] = AppContext(tmp_path).sites
    assert reason_of(site) == "ignored in shield.toml"
