"""`shield scan` as a user runs it: on folders, files, the index and the standard input."""

from __future__ import annotations

import io
import json
import os
import shutil
import tracemalloc
from pathlib import Path

import pytest
from hostile_git import git
from shield_helpers import run

from shield_ai.scan.rules import pattern
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.runner import scan_paths

TOKEN = fill("ghp_{alnum:36}")
PASSWORD = fill("{alnum:16}", 3)


def scanned(*arguments: str, cwd, stdin: str | None = None) -> list[dict]:
    done = run("scan", "--format", "json", *arguments, cwd=cwd, stdin=stdin)
    assert done.code in (0, 1), done.text
    assert TOKEN not in done.text
    assert PASSWORD not in done.text
    return json.loads(done.out)["findings"]


def places(findings: list[dict]) -> list[tuple[str, str]]:
    return [(found["path"], found["rule"]) for found in findings]


@pytest.fixture
def app(tmp_path):
    files = {
        "shop/settings.py": f'import os\nSECRET_KEY = os.environ["SECRET_KEY"]\nSTRIPE_SECRET_KEY = "{TOKEN}"\n',
        "deploy/values.yml": f"db_password: {PASSWORD}\n",
        "docs/guide.md": f"token: {TOKEN}\n",
        "node_modules/a.js": f'token = "{TOKEN}"\n',
        "generated/a.py": f'token = "{TOKEN}"\n',
        "clean.py": "x = 1\n",
        ".gitignore": "generated/\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_folder(app) -> None:
    assert places(scanned(cwd=app)) == [
        ("deploy/values.yml", "CRED.password"),
        ("docs/guide.md", "CRED.github-token"),
        ("shop/settings.py", "CSEC34.no-runtime"),
        ("shop/settings.py", "CSEC34.environ-read"),
        ("shop/settings.py", "CSEC34.literal"),  # and not a second time as a token
    ]


def test_literal_keeps_the_severity_of_its_credential_rule(app) -> None:
    (found,) = [f for f in scanned(".", cwd=app) if f["name"] == "STRIPE_SECRET_KEY"]
    assert (found["rule"], found["severity"]) == ("CSEC34.literal", "critical")


def test_a_token_beside_another_secret_is_reported(app) -> None:
    line = f'SECRET_KEY = "{PASSWORD}"; NOTE = "{TOKEN}"; MAIL_TOKEN = "{TOKEN}"\n'
    (app / "shop/settings.py").write_text(line)
    found = [f for f in scanned(cwd=app) if f["path"] == "shop/settings.py"]
    assert [(f["rule"], f["column"]) for f in found] == [
        ("CSEC34.no-runtime", 1),
        ("CSEC34.literal", line.index('"') + 1),
        ("CRED.github-token", line.index(TOKEN) + 1),
        ("CSEC34.literal", line.rindex('"', 0, -2) + 1),
    ]


def test_weak_passwords_of_development_are_low(app) -> None:
    (app / "docker-compose.yml").write_text(f"DB_PASSWORD: shop1234\nMQ_PASSWORD: {PASSWORD}\n")
    found = [f for f in scanned(cwd=app) if f["path"] == "docker-compose.yml"]
    assert [f["severity"] for f in found] == ["low", "high"]


def test_several_paths_keep_their_prefixes(app) -> None:
    found = places(scanned("deploy", "shop/settings.py", "clean.py", cwd=app))
    assert {path for path, _ in found} == {"deploy/values.yml", "shop/settings.py"}
    assert ("shop/settings.py", "CSEC34.literal") in found
    done = run("scan", "deploy", "gone.py", cwd=app)
    assert done.code == 2
    assert "gone.py does not exist" in done.err


@pytest.mark.parametrize("path", ["deploy", "deploy/values.yml"])
def test_a_path_that_is_given_twice_is_scanned_once(app, path) -> None:
    assert places(scanned(path, path, cwd=app)) == [("deploy/values.yml", "CRED.password")]


def test_absolute_paths_of_files_in_the_current_folder(app, tmp_path_factory) -> None:
    """An editor or a hook may pass them: all rules apply, as with relative paths."""
    (app / ".env").write_text(f"DB_PASSWORD={PASSWORD}\n")
    git(app, "init", "-q")
    git(app, "add", "-f", ".env")
    other = tmp_path_factory.mktemp("other") / ".env"
    other.write_text(f"DB_PASSWORD={PASSWORD}\n")
    names = ("shop/settings.py", ".env")
    relative = places(scanned(*names, cwd=app))
    assert (".env", "CRED.tracked-dotenv") in relative
    assert ("shop/settings.py", "CSEC34.environ-read") in relative
    absolute = places(scanned(*(f"{app}/{name}" for name in names), cwd=app))
    assert absolute == [(f"{app}/{path}", rule) for path, rule in relative]
    with_other = places(scanned(*names, str(other), cwd=app))
    assert [place for place in with_other if place[0] in names] == relative


def test_standard_input(app) -> None:
    assert places(scanned("-", cwd=app, stdin=f"token: {TOKEN}\n")) == [
        ("stdin", "CRED.github-token")
    ]
    assert run("scan", "-", cwd=app, stdin="x = 1\n").code == 0


def test_standard_input_and_files_are_read_for_the_report(app, monkeypatch) -> None:
    text = f"token: {TOKEN}\n".encode()
    monkeypatch.chdir(app)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    result = scan_paths([Path("-"), Path("deploy/values.yml")])
    assert [found.path for found in result.findings] == ["deploy/values.yml", "stdin"]
    assert result.read("stdin") == text
    assert result.read("deploy/values.yml") == (app / "deploy/values.yml").read_bytes()


def test_index(app) -> None:
    git(app, "init", "-q")
    git(app, "add", "deploy", "clean.py")
    # after git add: not what is committed
    (app / "deploy/values.yml").write_text("db_password: ${DB_PASSWORD}\n")
    assert places(scanned("--staged", cwd=app)) == [("deploy/values.yml", "CRED.password")]
    assert places(scanned("--staged", cwd=app / "deploy")) == [("values.yml", "CRED.password")]
    assert scanned("--staged", "clean.py", cwd=app) == []


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        pytest.param(["deploy/values.yml"], ["deploy/values.yml"], id="file"),
        pytest.param(["{app}/deploy/values.yml"], ["deploy/values.yml"], id="absolute path"),
        pytest.param(["{app}/link/values.yml"], ["deploy/values.yml"], id="link to a folder"),
        pytest.param(["shop", "deploy"], ["deploy/values.yml"], id="folders"),
        pytest.param([".", "shop"], ["deploy/values.yml"], id="current folder and another"),
        pytest.param(["shop/..", "shop"], ["deploy/values.yml"], id="parent folder"),
        pytest.param(["clean.py", "shop"], [], id="other files"),
    ],
)
def test_index_is_limited_to_paths(app, paths, found) -> None:
    git(app, "init", "-q")
    git(app, "add", "deploy", "clean.py")
    (app / "link").symlink_to("deploy")
    given = [path.format(app=app) for path in paths]
    assert [path for path, _ in places(scanned("--staged", *given, cwd=app))] == found


@pytest.mark.parametrize("form", ["absolute", "relative", "through a folder"])
def test_reads_in_a_file_outside_the_current_folder_are_found(tmp_path, form) -> None:
    (tmp_path / "here/a").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/a.py").write_text("import os\nX = os.environ['API_KEY']\n")
    (tmp_path / "other/.env").write_text("API_KEY=\n")
    start = {"absolute": tmp_path, "relative": "..", "through a folder": "a/../.."}[form]
    done = run("scan", f"{start}/other/a.py", f"{start}/other/.env", cwd=tmp_path / "here")
    assert f"{start}/other/a.py\n  2:5 " in done.out
    assert done.code == 1


def test_index_path_outside_the_current_folder_is_an_error(app) -> None:
    git(app, "init", "-q")
    git(app, "add", "deploy", "clean.py")
    done = run("scan", "--staged", "../deploy/values.yml", cwd=app / "shop")
    assert done.code == 2
    assert "../deploy/values.yml is outside the current folder" in done.err


@pytest.fixture
def committed(app):
    """The app in git, with a change that is not staged."""
    git(app, "init", "-q")
    git(app, "add", ".")
    git(app, "commit", "-q", "-m", "first")
    return app


def test_index_reports_only_changed_lines(committed) -> None:
    values = committed / "deploy/values.yml"
    values.write_text(values.read_text() + f"mail_password: {PASSWORD}x\n")
    git(committed, "add", ".")
    assert [f["name"] for f in scanned("--staged", cwd=committed)] == ["mail_password"]
    assert len(scanned("--staged", "--whole-files", cwd=committed)) == 2
    done = run("scan", "--staged", cwd=committed)
    assert done.out.endswith(": 1 high; 1 more in unchanged lines with --whole-files\n")


def test_index_says_the_same_about_a_literal_as_the_scan_of_the_file(committed) -> None:
    (committed / "shop/views.py").write_text(f'PARCEL_API_KEY = "{PASSWORD}"\n')
    git(committed, "add", ".")
    for given in ("--staged", "shop/views.py", "."):
        done = run("scan", given, cwd=committed)
        assert "not fixable: not in settings: read it from an environment variable" in done.out


def test_index_with_a_renamed_file(committed) -> None:
    git(committed, "mv", "deploy/values.yml", "deploy/other.yml")
    assert run("scan", "--staged", cwd=committed).code == 0
    git(committed, "mv", "shop/settings.py", "shop/base.py")
    with (committed / "shop/base.py").open("a") as file:
        file.write('API_KEY = os.environ["API_KEY"]\n')
    git(committed, "add", ".")
    found = scanned("--staged", cwd=committed)
    assert [(f["path"], f["name"]) for f in found] == [("shop/base.py", "API_KEY")]


def test_suppression_in_an_unchanged_line_is_used(committed) -> None:
    values = committed / "deploy/values.yml"
    text = values.read_text().replace("\n", "  # shield-ai: ignore[CRED.password] -- test\n", 1)
    values.write_text(text)
    git(committed, "add", ".")
    git(committed, "commit", "-q", "-m", "second")
    values.write_text(f"{text}name: x\n")
    git(committed, "add", ".")
    assert scanned("--staged", cwd=committed) == []


def test_ignored_dotenv_file_does_not_fail_the_scan(tmp_path) -> None:
    (tmp_path / ".env").write_text(f"DB_PASSWORD={PASSWORD}\n")
    git(tmp_path, "init", "-q")
    assert run("scan", cwd=tmp_path).code == 1
    (tmp_path / ".gitignore").write_text(".env\n")
    for arguments in ([], [".env"], [str(tmp_path)]):
        done = run("scan", *arguments, cwd=tmp_path)
        assert done.code == 0
        assert "DB_PASSWORD has a value in a .env file" in done.out
        summary = " ".join(done.out.split())
        assert "; 1 in .env files that git ignores, which do not fail the scan" in summary
    git(tmp_path, "add", "-f", ".env")
    assert run("scan", cwd=tmp_path).code == 1


def test_index_without_a_repository(tmp_path) -> None:
    done = run("scan", "--staged", cwd=tmp_path)
    assert done.code == 2
    assert "not in a git repository" in done.err


def test_dotenv_file_in_git_is_reported(app) -> None:
    (app / ".env").write_text(f"API_TOKEN={TOKEN}\n")
    (app / ".env.example").write_text("API_TOKEN=<token>\n")
    assert ("CRED.tracked-dotenv") not in dict(places(scanned(cwd=app))).values()
    git(app, "init", "-q")
    git(app, "add", "-f", ".env", ".env.example")
    found = [place for place in places(scanned(cwd=app)) if place[0].startswith(".env")]
    assert found == [(".env", "CRED.tracked-dotenv"), (".env", "CSEC34.dotenv")]


def test_commented_out_value_is_not_worse_than_a_live_one(app) -> None:
    (app / ".env").write_text(f"API_TOKEN={TOKEN}\n# OLD_TOKEN={TOKEN[::-1]}\n# {TOKEN}\n")
    found = [f for f in scanned(cwd=app) if f["path"] == ".env"]
    assert {f["severity"] for f in found} == {"medium"}
    git(app, "init", "-q")
    git(app, "add", "-f", ".env")
    for path in (".", ".env"):
        found = [f for f in scanned(path, cwd=app) if f["path"] == ".env" and f["line"] != 2]
        assert {f["severity"] for f in found} >= {"critical"}


def test_live_token_in_a_forced_dotenv_file_fails_a_commit(app) -> None:
    (app / ".gitignore").write_text(".env\n")
    (app / ".env").write_text(
        f"API_TOKEN={TOKEN}\nADMIN_PASSWORD=changeme\nDB_PASSWORD={PASSWORD}\n"
    )
    git(app, "init", "-q")
    git(app, "add", ".gitignore")
    assert run("scan", "--staged", "--fail-on", "high", cwd=app).code == 0
    git(app, "add", "-f", ".env")
    assert run("scan", "--staged", "--fail-on", "high", cwd=app).code == 1
    found = [f for f in scanned("--staged", cwd=app) if f["rule"] == "CSEC34.dotenv"]
    assert [(f["name"], f["severity"]) for f in found] == [
        ("API_TOKEN", "critical"),
        ("DB_PASSWORD", "high"),
    ]


def test_fail_on_sets_the_lowest_severity(app) -> None:
    assert run("scan", "deploy", cwd=app).code == 1
    assert run("scan", "deploy", "--fail-on", "critical", cwd=app).code == 0
    assert run("scan", "deploy", "--fail-on", "high", cwd=app).code == 1


def test_suppression_and_unused_suppression(app) -> None:
    (app / "deploy/values.yml").write_text(
        f"db_password: {PASSWORD}  # shield: ignore[CRED.password] of a demo\n"
    )
    (app / "clean.py").write_text("x = 1  # shield: ignore[CRED.password] of a demo\n")
    assert places(scanned("deploy", "clean.py", cwd=app)) == [("clean.py", "CRED.idle-ignore")]


def test_baseline(app) -> None:
    assert run("scan", "--write-baseline", "known.json", cwd=app).code == 0
    text = (app / "known.json").read_text()
    assert TOKEN not in text
    assert run("scan", "--baseline", "known.json", cwd=app).code == 0
    values = app / "deploy/values.yml"
    values.write_text("# moved\n" * 7 + values.read_text() + f"api_token: {TOKEN}\n")
    assert places(scanned("--baseline", "known.json", cwd=app)) == [
        ("deploy/values.yml", "CRED.github-token")
    ]


def test_placeholders_are_shown_with_all(app) -> None:
    (app / "deploy/values.yml").write_text("db_password: your-password-here\n")
    assert scanned("deploy", cwd=app) == []
    assert scanned("deploy", "--all", cwd=app)[0]["confidence"] == "low"
    assert "1 more with --all" in run("scan", "deploy", cwd=app).out


def test_text_groups_findings_in_tests(app) -> None:
    (app / "tests").mkdir()
    (app / "tests/test_a.py").write_text(f'login(password="{PASSWORD}")\n' * 30)
    done = run("scan", cwd=app)
    assert "  30      tests/test_a.py" in done.out
    assert len(done.out.splitlines()) < 40
    assert max(map(len, done.out.splitlines())) <= 80
    assert run("scan", "--all", cwd=app).out.count("CRED.password") > 30


def test_custom_pattern(app) -> None:
    (app / pattern.APP_FOLDER).mkdir(parents=True)
    made = pattern.CREDENTIALS_FILE.read_text().split("rules:\n")[0].replace("id: CRED", "id: ACME")
    made += "rules:\n  - id: ACME.key\n    title: ACME key\n    regex: '(acme-[0-9]{6})'\n    keywords: [acme-]\n"
    made += "    examples: ['acme-{digit:6}']\n"
    (app / pattern.APP_FOLDER / "acme.yaml").write_text(made)
    (app / "clean.py").write_text('x = "acme-123456"\n')
    assert places(scanned("clean.py", cwd=app)) == [("clean.py", "ACME.key")]
    sarif = json.loads(run("scan", "clean.py", "--format", "sarif", cwd=app).out)
    assert "ACME.key" in {rule["id"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"]}
    assert "ACME key" in run("explain", "ACME.key", cwd=app).out
    assert run("patterns", "check", cwd=app).code == 0


def test_progress_is_only_shown_on_terminals(app) -> None:
    assert "\r" not in run("scan", cwd=app).text


def test_staged_submodule_is_skipped(app) -> None:
    git(app, "init", "-q")
    inner = app / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    git(
        inner,
        "-c",
        "user.name=n",
        "-c",
        "user.email=e@example.com",
        "commit",
        "-qm",
        "m",
        "--allow-empty",
    )
    git(app, "add", "inner", "clean.py")
    done = run("scan", "--staged", cwd=app)
    assert (done.code, done.out) == (0, "no findings\n")


@pytest.mark.parametrize(
    ("option", "code"), [("--output", 1), ("--write-baseline", 0)], ids=["output", "baseline"]
)
def test_files_that_were_not_scanned_are_counted(tmp_path, option, code) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path.parent / "outside.txt")
    (tmp_path / "b.zip").write_bytes(b"PK")
    done = run("scan", option, "out.json", cwd=tmp_path)
    assert "; 1 file not scanned completely; 1 archive not scanned" in done.err
    assert done.code == code


def test_unreadable_index_is_reported(app) -> None:
    (app / ".env").write_text(f"API_TOKEN={TOKEN}\n")
    git(app, "init", "-q")
    git(app, "add", "-f", ".env")
    (app / ".git/index").write_bytes(b"nonsense")
    assert ".git: git can't list the tracked files" in run("scan", cwd=app).out


def test_ignored_files_of_an_unreadable_repository_are_reported(app) -> None:
    (app / ".gitignore").write_text("hidden.py\n")
    (app / "hidden.py").write_text(f'TOKEN = "{TOKEN}"\n')
    git(app, "init", "-q")
    git(app, "add", "-f", "hidden.py")
    assert "hidden.py" in run("scan", cwd=app).out
    # Git refuses to read a format that it doesn't know.
    git(app, "config", "core.repositoryFormatVersion", "99")
    assert ".git: git can't list the tracked files" in run("scan", cwd=app).out


def test_scan_runs_no_program_of_the_repository(app) -> None:
    (app / ".env").write_text(f"API_TOKEN={TOKEN}\n")
    git(app, "init", "-q")
    git(app, "add", "-f", ".env")
    git(app, "config", "core.fsmonitor", f"touch {app}/ran")
    for more in ([], ["--staged"], ["--history"]):
        run("scan", *more, cwd=app)
    assert not (app / "ran").exists()


def test_text_shows_the_problem_of_a_comment(app) -> None:
    (app / "clean.py").write_text(f'password = "{PASSWORD}"  # shield: ignore[CSEC34.literal]\n')
    assert "this comment has no reason" in run("scan", "clean.py", cwd=app).out


def test_a_folder_without_files(app) -> None:
    (app / "empty").mkdir()
    assert run("scan", "empty", cwd=app).out == "no findings; there are no files to scan\n"
    assert run("scan", "empty", "clean.py", cwd=app).out == "no findings\n"


def test_suppressed_findings_are_counted(app) -> None:
    (app / "clean.py").write_text(f'password = "{PASSWORD}"  # shield: ignore[CSEC34] of a demo\n')
    for more in ([], ["--all"]):
        assert (
            run("scan", "clean.py", *more, cwd=app).out == "no findings; 1 suppressed by comments\n"
        )


def test_history_with_a_custom_rule_as_sarif(app) -> None:
    (app / ".shield/patterns").mkdir(parents=True)
    (app / ".shield/patterns/a.yaml").write_text(PATTERN)
    (app / "clean.py").write_text("x = 'acme_abcd'\n")
    git(app, "init", "-q")
    git(app, "add", "clean.py")
    git(app, "-c", "user.name=n", "-c", "user.email=e@example.com", "commit", "-qm", "m")
    done = run("scan", "--history", "--format", "sarif", cwd=app)
    assert done.code == 0
    assert [result["ruleId"] for result in json.loads(done.out)["runs"][0]["results"]] == [
        "ACME.key"
    ]


@pytest.fixture
def custom(app):
    """An app with a custom rule and files that match it, in a repository with some of them."""
    (app / ".shield/patterns").mkdir(parents=True)
    (app / ".shield/patterns/a.yaml").write_text(PATTERN)
    (app / ".gitignore").write_text(".env\nignored.txt\n")
    for name in (".env", "prod.env", "ignored.txt", "new.txt", "shop/tracked.txt", ".env.example"):
        (app / name).write_text("KEY=acme_abcd\n")
    (app / "link.txt").symlink_to(".env")
    (app / "shop/link.txt").symlink_to("../new.txt")
    git(app, "init", "-q")
    git(app, "add", "shop", "link.txt", "prod.env", ".env.example")
    return app


def custom_findings(*arguments: str, cwd) -> list[str]:
    found = scanned(*arguments, cwd=cwd)
    return [finding["path"] for finding in found if finding["rule"] == "ACME.key"]


def test_custom_rules_search_only_tracked_files(custom) -> None:
    assert custom_findings(cwd=custom) == [".env.example", "shop/tracked.txt"]
    names = ("shop/tracked.txt", "new.txt", ".env", "link.txt", f"{custom}/.env.example")
    assert custom_findings(*names, cwd=custom) == [f"{custom}/.env.example", "shop/tracked.txt"]
    # the index contains no values that are not in the repository
    staged = [".env.example", "prod.env", "shop/tracked.txt"]
    assert custom_findings("--staged", cwd=custom) == staged


def test_custom_rules_search_all_files_without_a_repository(custom) -> None:
    shutil.rmtree(custom / ".git")
    assert custom_findings(cwd=custom) == [".env.example", "new.txt", "shop/tracked.txt"]


def test_custom_rules_that_search_no_file_are_reported(custom) -> None:
    git(custom, "rm", "-rq", "--cached", ".")
    assert (
        ".shield/patterns: custom rules scan only tracked files: git tracks none"
        in run("scan", cwd=custom).out
    )
    git(custom, "config", "core.repositoryFormatVersion", "99")
    assert ".git: git can't list the tracked files" in run("scan", cwd=custom).out


@pytest.mark.parametrize("path", ["shop", "./shop/", "PWD/shop"])
def test_sarif_paths_are_relative_to_the_current_folder(app, path) -> None:
    done = run("scan", path.replace("PWD", str(app)), "--format", "sarif", cwd=app)
    results = json.loads(done.out)["runs"][0]["results"]
    places = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results]
    places += [
        fix["artifactChanges"][0]["artifactLocation"]["uri"]
        for one in results
        for fix in one.get("fixes", ())
    ]
    assert len(places) > 3
    assert set(places) == {"shop/settings.py"}


@pytest.mark.parametrize(
    "flags",
    [
        ("--history", "--staged"),
        ("--baseline", "known.json", "--write-baseline", "known.json"),
        ("--whole-files",),
    ],
)
def test_conflicting_options_are_rejected(app, flags) -> None:
    assert run("scan", *flags, cwd=app).code == 2


PATTERN = """\
id: ACME
title: t
severity: high
description: d
fix: f
references: []
risk_assessment: {impact: high, exploitability: high, affected_scope: s}
files: {regex: ["*"]}
rules:
  - {id: ACME.key, kind: regex, severity: high, title: t, message: m, explanation: e, fix: f, regex: '(acme_[a-z]{4})',
     keywords: [acme], examples: [acme_abcd], non_examples: [b]}
"""


def test_reader_re_exported_by_a_package(tmp_path):
    files = {
        "shop/__init__.py": "",
        "shop/tools/__init__.py": "from .reading import value\n",
        "shop/tools/reading.py": "import os\n\ndef value(name):\n    return os.environ.get(name)\n",
        "shop/mail.py": "import os\nfrom shop.tools import value\nA = os.environ['HOME']\nB = value('MAIL_TOKEN')\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert ("shop/mail.py", "CSEC34.environ-read") in places(scanned(cwd=tmp_path))


def test_staged_files_are_not_all_in_memory(app) -> None:
    large = app / "large.txt"
    large.write_text("x = 1\n" * 300_000)
    for number in range(40):
        os.link(large, app / f"large{number}.txt")
    git(app, "init", "-q")
    git(app, "add", ".")
    tracemalloc.start()
    try:
        scan_paths([app], staged=True)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


def test_dotenv_file_in_git_with_weak_values_is_of_low_severity(app) -> None:
    (app / ".env").write_text("API_TOKEN=changethis\nDB_PASSWORD=postgres\n")
    git(app, "init", "-q")
    git(app, "add", "-f", ".env")
    found = json.loads(run("scan", "--all", "--format", "json", cwd=app).out)["findings"]
    assert {f["severity"] for f in found if f["path"] == ".env"} == {"low"}
