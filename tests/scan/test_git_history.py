from __future__ import annotations

import os
import random
import subprocess

import pytest

from shield_ai.model.errors import SourceError
from shield_ai.scan.git_history import file_versions, scan_history
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.text.changed_region import PreviousVersions

TOKEN, PASSWORD = fill("ghp_{alnum:36}"), fill("{alnum:16}", 1)


def git(root, *arguments: str) -> None:
    identity = [
        "-c",
        "user.name=n",
        "-c",
        "user.email=e@example.com",
        "-c",
        "init.defaultBranch=main",
    ]
    subprocess.run(["git", "-C", root, *identity, *arguments], check=True, capture_output=True)


def commit(root, files: dict[str, str], date: str) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "m", "--allow-empty", f"--date={date}")


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "-q")
    commit(
        tmp_path,
        {"a.py": f'gh = "{TOKEN}"\n', "é b/c.yml": f"password: {PASSWORD}\n"},
        "2020-01-02T03:04:05+00:00",
    )
    commit(
        tmp_path,
        {"a.py": "gh = load()\n", "d.py": f'\n\nt = "{TOKEN}"\n'},
        "2021-01-02T03:04:05+00:00",
    )
    commit(tmp_path, {"d.py": "t = load()\n"}, "2022-01-02T03:04:05+00:00")
    return tmp_path


def test_doubtful_values_have_low_severity_as_in_a_scan_of_files(tmp_path):
    """A value that a later commit uses outside the docstring is reported there."""
    git(tmp_path, "init", "-q")
    docstring = f'"""Call the API.\n\nAPI_SECRET = "{PASSWORD}"\n"""\n'
    commit(tmp_path, {"client.py": docstring}, "2020-01-02T03:04:05+00:00")
    (first,) = scan_history(tmp_path).findings
    assert (first.severity, first.path) == ("low", "client.py")
    commit(tmp_path, {"app.yml": f"api_secret: {PASSWORD}\n"}, "2021-01-02T03:04:05+00:00")
    commit(tmp_path, {"b.yml": f"# first\napi_secret: {PASSWORD}\n"}, "2022-01-02T03:04:05+00:00")
    (later,) = scan_history(tmp_path).findings
    assert (later.severity, later.path, later.date[:10]) == ("high", "app.yml", "2021-01-02")


@pytest.mark.parametrize("encoding", ["IBM037", "UTF-16", "UTF-7"])
def test_encoding_of_the_log_has_no_effect(repository, encoding) -> None:
    git(repository, "config", "i18n.logOutputEncoding", encoding)
    first, _ = scan_history(repository).findings
    assert (first.path, first.date[:10]) == ("a.py", "2020-01-02")


def test_grafts_hide_no_commits(repository) -> None:
    head = subprocess.check_output(["git", "-C", repository, "rev-parse", "HEAD"])
    (repository / ".git/info/grafts").write_bytes(head)
    assert len(scan_history(repository).findings) == 2


def test_secret_is_reported_in_its_first_commit(repository) -> None:
    first, second = scan_history(repository).findings
    assert (first.path, first.date[:10], first.in_head) == ("a.py", "2020-01-02", False)
    assert (second.path, second.date[:10], second.in_head) == ("é b/c.yml", "2020-01-02", True)
    assert "removed since: rotate it" in first.message
    assert "still in HEAD: rotate it" in second.message
    assert TOKEN not in repr(first)


def test_utf_16_is_decoded(tmp_path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.txt").write_bytes(f'x = 1\nt = "{TOKEN}"\n'.encode("utf-16"))
    commit(tmp_path, {}, "2020-01-02T03:04:05+00:00")
    (found,) = scan_history(tmp_path).findings
    assert (found.rule, found.line, found.in_head) == ("CRED.github-token", 2, True)


def test_blob_is_listed_once(repository) -> None:
    commit(repository, {"copy.yml": f"password: {PASSWORD}\n"}, "2023-01-02T03:04:05+00:00")
    blobs = [version.blob for version in file_versions(repository)]
    assert len(blobs) == len(set(blobs)) == 5


@pytest.mark.parametrize(
    ("first", "second", "severity", "found_in"),
    [
        pytest.param("yarn.lock", "app.yml", "high", "app.yml", id="file that is not scanned"),
        pytest.param("tests/a.yml", "app.yml", "high", "app.yml", id="test becomes production"),
        pytest.param("app.yml", "tests/a.yml", "high", "app.yml", id="production becomes a test"),
        pytest.param("tests/a.yml", "tests/b.yml", "low", "tests/a.yml", id="test becomes a test"),
    ],
)
def test_renamed_file_is_scanned_by_its_class(tmp_path, first, second, severity, found_in) -> None:
    git(tmp_path, "init", "-q")
    commit(tmp_path, {first: f"api_secret: {PASSWORD}\n"}, "2020-01-02T03:04:05+00:00")
    (tmp_path / second).parent.mkdir(exist_ok=True)
    git(tmp_path, "mv", first, second)
    commit(tmp_path, {}, "2021-01-02T03:04:05+00:00")
    (found,) = scan_history(tmp_path).findings
    assert (found.severity, found.path, found.in_head) == (severity, found_in, True)


def test_secret_in_a_merge_commit_is_found(repository) -> None:
    git(repository, "checkout", "-qb", "side", "HEAD~1")
    commit(repository, {"side.py": "x = 1\n"}, "2023-01-02T03:04:05+00:00")
    git(repository, "merge", "-q", "--no-commit", "main")
    other = fill("ghp_{alnum:36}", 5)
    commit(repository, {"side.py": f'x = "{other}"\n'}, "2024-01-02T03:04:05+00:00")
    assert ("side.py", "2024-01-02") in {
        (found.path, found.date[:10]) for found in scan_history(repository).findings
    }


def test_name_that_is_not_utf_8_is_escaped(repository) -> None:
    commit(
        repository,
        {os.fsdecode(b"caf\xe9.py"): f'x = "{fill("ghp_{alnum:36}", 6)}"\n'},
        "2023-01-02T03:04:05+00:00",
    )
    assert r"caf\xe9.py" in {finding.path for finding in scan_history(repository).findings}


def test_name_that_git_quotes_is_unquoted(repository) -> None:
    names = {'a "b".py', "caf\u00e9\\.py"}
    for index, name in enumerate(names):
        secret = fill("ghp_{alnum:36}", 7 + index)
        commit(repository, {name: f'x = "{secret}"\n'}, "2023-01-02T03:04:05+00:00")
    assert names < {finding.path for finding in scan_history(repository).findings}


@pytest.mark.parametrize("broken", [False, True], ids=["none", "broken"])
def test_missing_or_broken_repository_is_an_error(tmp_path, broken) -> None:
    if broken:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "HEAD").write_text("nonsense")
    with pytest.raises(SourceError):
        scan_history(tmp_path)


def test_unreadable_blob_is_skipped(repository) -> None:
    commit(
        repository, {"f.py": f'x = "{fill("ghp_{alnum:36}", 7)}"\n'}, "2024-01-02T03:04:05+00:00"
    )
    name = subprocess.run(
        ["git", "-C", repository, "rev-parse", "HEAD~1:é b/c.yml"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    broken = repository / ".git/objects" / name[:2] / name[2:]
    broken.chmod(0o600)
    broken.write_bytes(b"nonsense")
    found, skipped, _ = scan_history(repository)
    assert [skip.path for skip in skipped] == ["é b/c.yml"]
    assert [finding.path for finding in found] == ["a.py", "f.py"]


def test_shallow_clone_is_reported(repository, tmp_path_factory) -> None:
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "-q", "--depth=1", repository.as_uri(), "shallow")
    assert ["unshallow" in skip.reason for skip in scan_history(clone / "shallow").skipped] == [
        True
    ]
    assert scan_history(repository).skipped == []


def test_git_configuration_of_the_user_has_no_effect(repository, tmp_path) -> None:
    for name, value in (
        ("log.showRoot", "false"),
        ("log.showSignature", "true"),
        ("color.ui", "always"),
        ("core.fsmonitor", f"touch {tmp_path}/ran"),
    ):
        git(repository, "config", name, value)
    assert len(scan_history(repository).findings) == 2
    assert not (tmp_path / "ran").exists()


def test_timeout_skips_one_file(repository) -> None:
    (repository / ".shield/patterns").mkdir(parents=True)
    (repository / ".shield/patterns/a.yaml").write_text(
        "id: ACME\ntitle: t\nseverity: high\ndescription: d\nfix: f\nreferences: []\n"
        "risk_assessment: {impact: high, exploitability: high, affected_scope: s}\nfiles: {regex: ['*']}\nrules:\n"
        "  - {id: ACME.slow, kind: regex, severity: high, title: t, message: m, explanation: e, fix: f,\n"
        "     regex: '((?:a{1,100}){1,100})!', keywords: [aaa], examples: ['aaa!'], non_examples: [b]}\n"
    )
    commit(repository, {"a.txt": "aaaaaa!\n" + "a" * 60 + "\n"}, "2023-01-02T03:04:05+00:00")
    found, skipped, _ = scan_history(repository)
    assert {"a.py", "é b/c.yml"} <= {finding.path for finding in found}
    assert [(skip.path, "timed out" in skip.reason) for skip in skipped] == [("a.txt", True)]


# Each is put between other lines. Some have several lines, and some only count with others.
SECRETS = [
    'gh = "ghp_{alnum:36}"',
    "db:\n  password: >-\n    {alnum:16}\n  user: shop",
    '"password": {"value": "{alnum:20}"},',
    "-----BEGIN PRIVATE KEY-----\n{alnum:64}\n{alnum:64}\n{alnum:64}\n-----END PRIVATE KEY-----",
    "aws_access_key_id = AKIA{upper:16}\naws_secret_access_key = {alnum:40}",
    "kind: Secret\nstringData:\n  login: {alnum:18}",
    "postgres://shop:{alnum:14}@db.example.com/shop",
]


def edited(lines, generator, seed):
    """Return the lines after a random edit: a secret is added, or lines are changed or removed."""
    at = generator.randrange(len(lines))
    if generator.random() < 0.5:
        return [*lines[:at], fill(generator.choice(SECRETS), seed), *lines[at:]]
    changed = [f"changed {seed}" for _ in range(generator.randrange(4))]
    return [*lines[:at], *changed, *lines[at + generator.randrange(1, 4) :]]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["a.yml", "a.json", "a.py", "a.txt"])
def test_searching_changed_parts_finds_the_same(tmp_path, monkeypatch, name, seed) -> None:
    generator = random.Random(f"{name} {seed}")
    git(tmp_path, "init", "-q")
    lines = [f"# line {number} of a file that is longer than the context" for number in range(300)]
    for number in range(12):
        for _ in range(generator.randrange(1, 4)):
            lines = edited(lines, generator, 100 * seed + number)
        commit(tmp_path, {name: "\n".join(lines) + "\n"}, f"2020-01-{number + 1:02}T03:04:05+00:00")
    found = scan_history(tmp_path, include_low_confidence=True).findings
    monkeypatch.setattr(PreviousVersions, "replace", lambda *_: None)
    assert found
    assert found == scan_history(tmp_path, include_low_confidence=True).findings


@pytest.mark.parametrize("line", [0, -1], ids=["first", "last"])
def test_the_first_or_last_line_of_a_long_key_is_added(tmp_path, monkeypatch, line):
    git(tmp_path, "init", "-q")
    body = [fill("{alnum:64}", seed) for seed in range(60)]
    key = ["-----BEGIN RSA PRIVATE KEY-----", *body, "-----END RSA PRIVATE KEY-----"]
    part = [*key]
    del part[line]
    commit(tmp_path, {"server.key": "\n".join(part)}, "2020-01-02T03:04:05+00:00")
    commit(tmp_path, {"server.key": "\n".join(key)}, "2020-01-03T03:04:05+00:00")
    found = scan_history(tmp_path).findings
    monkeypatch.setattr(PreviousVersions, "replace", lambda *_: None)
    assert found == scan_history(tmp_path).findings
    assert found[-1].rule == "CRED.private-key"
    assert found[-1].in_head
