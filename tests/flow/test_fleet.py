"""Scan real git repositories, each in a separate process."""

from __future__ import annotations

import base64
import http.server
import json
import secrets
import subprocess
import threading

import msgspec
import pytest

from shield_ai.flow import fleet as module
from shield_ai.flow.fleet import Outcome, read_repository_list, scan_repositories
from shield_ai.model.errors import ShieldError, SourceError
from shield_ai.project.repository_list import parse_repository

SETTINGS = (
    'import os\n\nSECRET_KEY = os.environ["SECRET_KEY"]\nAPI_TOKEN = os.environ.get("API_TOKEN")\n'
)


def git(folder, *arguments):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True
    )


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "settings.py").write_text(SETTINGS)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def scanned(listed, tmp_path, **options):
    repositories = [parse_repository(str(one)) for one in listed]
    return scan_repositories(repositories, tmp_path / "out", **options)


class TestList:
    def test_reads_one_repository_per_line(self, tmp_path):
        (tmp_path / "list").write_text(
            "\ufeff# ours\n\n/srv/shop  # the shop\ngit@host:group/app\n/srv/shop\n"
        )
        listed = read_repository_list(tmp_path / "list")
        assert [repository.name for repository in listed] == ["/srv/shop", "git@host:group/app"]

    def test_names_the_line_of_an_invalid_url(self, tmp_path):
        (tmp_path / "list").write_text("/srv/shop\nhttps://host/app?private_token=x1y2\n")
        with pytest.raises(SourceError, match=r"list:2: the path of the URL") as error:
            read_repository_list(tmp_path / "list")
        assert "x1y2" not in error.value.message

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(None, id="no file"),
            pytest.param(b"# \n", id="empty"),
            pytest.param(b"\xff", id="binary"),
        ],
    )
    def test_rejects_an_invalid_list(self, tmp_path, content):
        if content is not None:
            (tmp_path / "list").write_bytes(content)
        with pytest.raises(SourceError):
            read_repository_list(tmp_path / "list")


def test_scans_a_folder_a_bare_repository_and_a_url(repository, tmp_path):
    git(repository, "clone", "--quiet", "--bare", ".", str(tmp_path / "copy.git"))
    listed = [repository, tmp_path / "copy.git", repository.as_uri()]
    outcomes = scanned(listed, tmp_path)
    assert [outcome.repository for outcome in outcomes] == [str(one) for one in listed]
    assert {(o.files, o.fixable, o.error) for o in outcomes} == {(1, 2, "")}
    folder, copy, url = (outcome.commit for outcome in outcomes)
    assert folder.startswith("tree:")
    assert len(copy) == 40
    assert copy == url


def test_a_failure_does_not_affect_other_repositories(repository, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "shield.toml").write_text("[app")
    listed = [tmp_path / "gone", tmp_path / "broken", "https://127.0.0.1:1/group/app", repository]
    seen = []
    outcomes = scanned(listed, tmp_path, on_outcome=seen.append)
    assert seen == outcomes
    assert [bool(outcome.error) for outcome in outcomes] == [True, True, True, False]


def test_a_name_with_nul_does_not_affect_other_repositories(repository, tmp_path):
    (tmp_path / "list").write_text(f"a\0b\n{repository}\n")
    repositories = read_repository_list(tmp_path / "list")
    invalid, valid = scan_repositories(repositories, tmp_path / "out")
    assert invalid.error == "can't be read (ValueError)"
    assert not valid.error


@pytest.mark.parametrize(
    ("program", "error"),
    [
        pytest.param("sleep-for-ever", "timed out after 0.5 s", id="timeout"),
        pytest.param("false", "exit code 1", id="failure"),
        pytest.param("echo", "the scan printed an invalid result", id="garbage"),
    ],
)
def test_a_scan_that_hangs_or_fails(repository, tmp_path, monkeypatch, program, error):
    if program == "sleep-for-ever":
        (tmp_path / program).write_text("#!/bin/sh\nexec sleep 600\n")
        (tmp_path / program).chmod(0o700)
        program = str(tmp_path / program)
    monkeypatch.setattr(module.sys, "executable", program)
    assert error in scanned([repository], tmp_path, timeout=0.5)[0].error


class TestSecondRun:
    def mark(self, tmp_path):
        (place,) = (tmp_path / "out").glob("shop-*.json")
        place.write_bytes(msgspec.json.encode({**json.loads(place.read_bytes()), "fixable": 77}))

    def test_does_not_scan_an_unchanged_repository(self, repository, tmp_path):
        scanned([repository], tmp_path)
        self.mark(tmp_path)
        assert scanned([repository], tmp_path)[0].fixable == 77

    @pytest.mark.parametrize(
        "committed", [pytest.param(True, id="commit"), pytest.param(False, id="uncommitted")]
    )
    def test_scans_a_changed_repository(self, repository, tmp_path, committed):
        scanned([repository], tmp_path)
        self.mark(tmp_path)
        (repository / "settings.py").write_text(
            SETTINGS + 'DB_PASSWORD = os.environ["DB_PASSWORD"]\n'
        )
        if committed:
            git(repository, "commit", "--quiet", "-am", "second")
        assert scanned([repository], tmp_path)[0].fixable == 3

    def test_scans_a_failed_repository(self, tmp_path):
        folder = tmp_path / "shop"
        assert scanned([folder], tmp_path)[0].error
        folder.mkdir()
        assert not scanned([folder], tmp_path)[0].error

    def test_ignores_a_truncated_outcome(self, repository, tmp_path):
        scanned([repository], tmp_path)
        (place,) = (tmp_path / "out").glob("shop-*.json")
        place.write_bytes(place.read_bytes()[:20])
        assert scanned([repository], tmp_path)[0].fixable == 2


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://user:{}@127.0.0.1:1/group/app", id="user and token"),
        pytest.param("https://{}@127.0.0.1:1/group/app", id="token alone"),
        pytest.param("https://user:{}@more@127.0.0.1:1/group/app", id="an at sign"),
        pytest.param("HTTPS://user:{}@127.0.0.1:1/group/app", id="upper case"),
    ],
)
def test_does_not_save_or_print_a_token_in_a_url(tmp_path, url):
    token = secrets.token_hex(12)
    outcomes = scanned([url.format(token)], tmp_path)
    assert outcomes[0].repository == "https://127.0.0.1:1/group/app"
    kept = b"".join(
        place.read_bytes() + place.name.encode() for place in (tmp_path / "out").iterdir()
    )
    assert token not in repr(outcomes) + kept.decode()


def test_passes_a_token_to_the_server_but_not_as_an_argument(tmp_path, monkeypatch):
    """The server requires a login, and git traces the arguments of its processes."""
    asked = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers.get("Authorization"))
            self.send_error(404)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    token, trace = secrets.token_hex(12), tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    scanned([f"http://me:{token}@127.0.0.1:{server.server_port}/app"], tmp_path)
    server.shutdown()
    server.server_close()
    assert asked[0] == "Basic " + base64.b64encode(f"me:{token}".encode()).decode()
    assert "remote-http" in trace.read_text()
    assert token not in trace.read_text()


def test_runs_no_program_of_a_repository(repository, tmp_path):
    program = repository / ".git" / "run"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o700)
    git(repository, "config", "core.fsmonitor", str(program))
    git(repository, "config", "filter.x.clean", str(program))
    (repository / ".gitattributes").write_text("* filter=x\n")
    assert not scanned([repository], tmp_path)[0].error
    assert not (tmp_path / "ran").exists()


def test_a_folder_with_an_objects_folder_is_not_a_bare_repository(tmp_path):
    (tmp_path / "shop" / "objects").mkdir(parents=True)
    (tmp_path / "shop" / "settings.py").write_text(SETTINGS)
    assert scanned([tmp_path / "shop"], tmp_path)[0].fixable == 2


def test_a_file_cannot_be_the_output_folder(repository, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(SourceError, match="can't be created"):
        scanned([repository], tmp_path)


def test_on_ray(repository, tmp_path):
    pytest.importorskip("ray", reason="ray is not installed")
    outcomes = scanned([repository, tmp_path / "gone"], tmp_path, engine="ray")
    assert [(outcome.fixable, bool(outcome.error)) for outcome in outcomes] == [
        (2, False),
        (0, True),
    ]


def test_ray_is_not_installed(repository, tmp_path, monkeypatch):
    monkeypatch.setitem(module.sys.modules, "ray", None)
    with pytest.raises(ShieldError, match="ray is not installed"):
        scanned([repository], tmp_path, engine="ray")


def test_an_outcome_survives_a_round_trip():
    assert msgspec.json.decode(
        msgspec.json.encode(Outcome(repository="a")), type=Outcome
    ) == Outcome(repository="a")
