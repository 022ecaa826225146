from __future__ import annotations

import json
import re
import secrets
from xml.etree import ElementTree as ET

import pytest
from hostile_git import git
from hostile_text import forbidden, make_hostile_app
from hostile_text import shield as run_bytes
from shield_helpers import make_app, run, shield

from shield_ai.cli.scan_output import FORMATS
from shield_ai.scan.python.visit.visitor import SecretVisitor


@pytest.fixture
def app(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    make_app(folder)
    return folder


def test_several_outputs_of_one_scan(app):
    done = shield(
        "scan", "app", "-o", "sarif=a.sarif", "-o", "junit=b.xml", "--output=json=c=d.json",
        cwd=app.parent,
    )  # fmt: skip
    assert done.code == 1
    assert "10 findings in 2 files" in done.out
    for name in ("a.sarif", "b.xml", "c=d.json"):
        assert f"10 findings in {name}\n" in done.err
    (log,) = json.loads((app.parent / "a.sarif").read_text())["runs"]
    suite = ET.parse(app.parent / "b.xml").getroot()[0]
    uris = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in log["results"]
    ]
    assert uris == [case.get("classname") for case in suite]
    assert all(uri.startswith("app/") for uri in uris)


IGNORING = """\
[app]
name = "app"
settings = ["settings.py"]
region = "us-east-1"
ignore = ["SENTRY_DSN"]
"""


def test_a_read_that_shield_toml_ignores_does_not_fail_the_scan(tmp_path):
    (tmp_path / "settings.py").write_text("import os\nDSN = os.environ['SENTRY_DSN']\n")
    assert shield("scan", cwd=tmp_path).code == 1
    (tmp_path / "shield.toml").write_text(IGNORING)
    done = shield("scan", cwd=tmp_path)
    assert re.search(r"2:7 +low +DSN is a secret read from the environment", done.out)
    assert "not fixable: ignored in shield.toml" in done.out
    assert done.code == 0


@pytest.mark.parametrize(
    ("staged", "code"), [("settings.py", 0), (".", 0), ("without", 1)], ids=["no", "yes", "other"]
)
def test_staged_reads_that_shield_toml_ignores(tmp_path, staged, code):
    git(tmp_path, "init", "-q")
    (tmp_path / "settings.py").write_text("import os\nDSN = os.environ['SENTRY_DSN']\n")
    text = IGNORING.replace("SENTRY_DSN", "OTHER") if staged == "without" else IGNORING
    (tmp_path / "shield.toml").write_text(text)
    git(tmp_path, "add", "." if staged == "without" else staged)
    (tmp_path / "shield.toml").write_text(IGNORING)
    assert shield("scan", "--staged", cwd=tmp_path).code == code


@pytest.mark.parametrize("form", FORMATS)
def test_printed_and_written_report_are_equal(app, form):
    printed = shield("scan", "--format", form, cwd=app)
    written = shield("scan", "--format", form, "-o", "../out", cwd=app)
    added = shield("scan", "-o", f"{form}=../added", cwd=app)
    assert printed.out == (app / "../out").read_text() == (app / "../added").read_text()
    assert written.out == ""
    assert "10 findings in 2 files" in added.out
    plain_code = 0 if form == "sarif" else 1
    assert [printed.code, written.code, added.code] == [plain_code, plain_code, 1]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["--fail-on", "critical", "-o", "sarif=a"], 0, id="none of the severity"),
        pytest.param(["--fail-on", "never"], 0, id="never"),
        pytest.param(["--format", "sarif", "-o", "json=a"], 0, id="sarif on standard output"),
        pytest.param(["--format", "json", "-o", "sarif=a"], 1, id="sarif in a file"),
    ],
)
def test_exit_code(app, arguments, code):
    assert shield("scan", *arguments, cwd=app).code == code


def test_never_also_accepts_files_that_could_not_be_scanned(tmp_path):
    (tmp_path / "settings.py").write_text("SECRET_KEY = (\n")
    done = shield("scan", "--fail-on", "never", "--format", "junit", cwd=tmp_path)
    assert done.code == 0
    assert 'errors="1"' in done.out


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        pytest.param(["sarf=a.sarif"], "use ./sarf=a.sarif", id="unknown format"),
        pytest.param(["json"], "use --format json, or --output json=FILE", id="format alone"),
        pytest.param(["json="], "--output json=: expected FORMAT=FILE", id="no file"),
        pytest.param(["a", "b"], "use --output FORMAT=b", id="two without a format"),
        pytest.param(["json=a", "sarif=a"], "--output names a twice", id="same file"),
    ],
)
def test_invalid_outputs(app, outputs, words):
    done = shield("scan", *(f"--output={value}" for value in outputs), cwd=app)
    assert done.code == 2
    assert words in done.err
    assert not (app / "a").exists()


@pytest.mark.parametrize("name", ["sub", "..data"])
def test_paths_for_services_start_at_the_current_folder(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    make_app(folder)
    for arguments, cwd, start in (
        ([name], tmp_path, f"{name}/"),
        ([str(folder)], tmp_path, f"{name}/"),
        ([f"../{name}"], folder, ""),
    ):
        lines = shield("scan", *arguments, "--format", "concise", "-q", cwd=cwd).out.splitlines()
        assert {line.partition(":")[0] for line in lines} == {
            f"{start}.env",
            f"{start}shop/settings.py",
        }


def test_file_with_an_equals_sign_in_its_name(app):
    shield("scan", "-o", "./json=a", cwd=app)
    assert "CSEC34" in (app / "json=a").read_text()


def test_outputs_with_a_format_are_for_one_repository(app):
    (app / "repos.txt").write_text("")
    done = shield("scan", "--repos", "repos.txt", "-o", "json=a", cwd=app)
    assert done.code == 2
    assert "can't be combined with --repos" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--format", "sarif"], "--format sarif can't be", id="format"),
        pytest.param(["app"], "the path app can't be", id="path"),
        pytest.param(["--staged"], "--staged can't be", id="staged"),
        pytest.param(["--history"], "--history can't be", id="history"),
        pytest.param(["--baseline", "b.json"], "--baseline can't be", id="baseline"),
        pytest.param(["--write-baseline", "b"], "--write-baseline can't be", id="new baseline"),
    ],
)
def test_options_without_effect_on_a_fleet_are_rejected(app, arguments, message):
    (app.parent / "repos.txt").write_text("app\n")
    done = shield("scan", "--repos", "repos.txt", *arguments, cwd=app.parent)
    assert (done.code, done.out) == (2, "")
    assert f"error: {message} combined with --repos" in done.err
    assert not (app.parent / "shield-fleet").exists()


@pytest.mark.parametrize(
    ("fail_on", "repositories", "code"),
    [
        pytest.param("low", "app", 1, id="low"),
        pytest.param("medium", "app", 1, id="medium"),
        pytest.param("high", "app", 0, id="high"),
        pytest.param("critical", "app\ngone", 1, id="a failure"),
        pytest.param("never", "app\ngone", 0, id="never"),
    ],
)
def test_fleet_fails_on_a_severity(app, fail_on, repositories, code):
    (app.parent / "repos.txt").write_text(repositories)
    done = shield("scan", "--repos", "repos.txt", "--fail-on", fail_on, cwd=app.parent)
    assert done.code == code, done.text


def test_failures_of_junit_are_those_of_the_exit_code(app):
    (app / ".gitignore").write_text(".env\n")
    done = shield("scan", "--format", "junit", "--fail-on", "medium", cwd=app)
    suite = ET.fromstring(done.out.encode())[0]
    failed = {case[0].get("type") for case in suite if case.find("failure") is not None}
    assert failed <= {"medium", "high", "critical"}
    assert failed


def test_annotations_of_a_hostile_app(tmp_path):
    """The only commands to GitHub are those of the format."""
    app = make_hostile_app(tmp_path / "app")
    for output in (
        run_bytes(app, "scan", "--format", "github").stdout,
        run_bytes(app, "scan", "-o", "github=/dev/stdout").stdout,
    ):
        lines = output.decode().splitlines()
        ours = [line for line in lines if line.startswith("::")]
        assert ours
        assert all(
            re.fullmatch(r"::(error|warning|notice) file=[^:]*::[^\n]*", line) for line in ours
        )
        others = "\n".join(line for line in lines if line not in ours)
        assert forbidden(others.encode()) == []
        assert forbidden("\n".join(line[2:] for line in ours).encode()) == []


def test_outputs_in_an_environment_variable(app, monkeypatch):
    monkeypatch.setenv("SHIELD_SCAN_OUTPUT", "sarif=my file:junit=b.xml")
    done = shield("scan", cwd=app)
    assert "10 findings in my file\n10 findings in b.xml\n" in done.err


def test_a_bug_in_the_scan_of_a_file_loses_no_other_findings(tmp_path, monkeypatch):
    value = secrets.token_hex(16)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(f"API_KEY = '{value}'\n")
    visit = SecretVisitor.run

    def visit_or_fail(self):
        if self.source.path == "a.py":
            raise ZeroDivisionError(value)
        return visit(self)

    monkeypatch.setattr(SecretVisitor, "run", visit_or_fail)
    done = run("scan", "--format", "json", cwd=tmp_path)
    assert done.code == 3
    document = json.loads(done.out)
    assert [finding["path"] for finding in document["findings"] if finding["path"] == "b.py"]
    [skip] = [skip for skip in document["skipped"] if skip["path"] == "a.py"]
    assert "please report it: ZeroDivisionError in test_scan.py:" in skip["reason"]
    assert value not in done.text
    assert run("scan", "--fail-on", "never", cwd=tmp_path).code == 0
