from __future__ import annotations

import pytest
from shield_helpers import make_app, run

from shield_ai.aws.export import FORMATS, PLATFORMS
from shield_ai.cli.commands.export import POLICIES
from shield_ai.cli.report_output import EVIDENCE_FORMATS
from shield_ai.cli.scan_output import FORMATS as SCAN_FORMATS

ACCOUNT = ["--account", "123456789012"]
REPORT = ["report", "--only", "code"]
PLAN = ["plan", "--only", "code", "-o"]


@pytest.fixture
def app(tmp_path):
    make_app(tmp_path)
    assert run("draft", cwd=tmp_path).code == 0
    return tmp_path


def require_two_writes(app, *command):
    for _ in range(2):
        done = run(*command, cwd=app)
        assert "error:" not in done.err, done.err


@pytest.mark.parametrize(
    "command",
    [
        PLAN,
        ["scan", "--write-baseline"],
        ["schema", "-o"],
        ["schema", "plan", "-o"],
        *(["scan", "--format", form, "-o"] for form in SCAN_FORMATS),
        *(
            [*REPORT, "--format", form, "-o"]
            for form in ("html", "markdown", "json", "oscal", "ocsf")
        ),
        *(
            ["export", *ACCOUNT, "--repository", "a/b", "--format", form, "-o"]
            for form in (*FORMATS, *PLATFORMS, *POLICIES)
        ),
    ],
    ids=" ".join,
)
def test_an_output_file_is_replaced(app, command):
    require_two_writes(app, *command, "out")


@pytest.mark.parametrize("form", SCAN_FORMATS)
def test_a_scan_without_findings_is_replaced(tmp_path, form):
    (tmp_path / "app").mkdir()
    require_two_writes(tmp_path, "scan", "app", "--format", form, "-o", "out")


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("form", EVIDENCE_FORMATS)
def test_evidence_is_replaced(app, form):
    require_two_writes(app, "report", "--format", form, "-o", "out")


def test_a_summary_of_repositories_is_replaced(app):
    (app / "repositories").write_text(f"{app / 'shop'}\n")
    require_two_writes(app, "scan", "--repos", "repositories", "-o", "out")


@pytest.mark.parametrize(
    "command", [PLAN, [*REPORT, "-o"], ["scan", "--write-baseline"]], ids=" ".join
)
@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param(".env", ".env is an env file", id="env file"),
        pytest.param("shop/settings.py", "shop/settings.py exists and is not an output", id="code"),
        pytest.param("shield.toml", "shield.toml exists and is not an output", id="shield.toml"),
        pytest.param("package.json", "package.json exists and is not an output", id="JSON"),
    ],
)
def test_another_file_is_not_overwritten(app, command, name, message):
    (app / "package.json").write_text('{"name": "shield", "version": 1}')
    before = (app / name).read_bytes()
    done = run(*command, name, cwd=app)
    assert (done.code, message in done.err) == (2, True), done.err
    assert "hint: use another file name" in done.err
    assert (app / name).read_bytes() == before


def test_a_link_to_an_env_file_is_not_replaced(app):
    (app / ".env").rename(app / "shared")
    (app / ".env").symlink_to("shared")
    assert run(*PLAN, ".env", cwd=app).code == 2
    assert (app / ".env").is_symlink()
