"""No command starts a program, writes a file, uses a socket or runs code that it has no need for.

An audit hook of Python records what each command does, see `audit_recorder`. The app is full of
traps, see `trapped_app`. strace also sees what the programs do that a command starts.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import strace_reader
import tomlkit
import yaml
from audited import (
    GIT_OPTIONS,
    SETTINGS_MARKERS,
    Limits,
    Place,
    command_names,
    is_safe_git,
    record,
    traced_violations,
    violations,
)
from export_readers import READERS, aws_commands
from hypothesis import example, given
from hypothesis import strategies as st
from misdeeds import MISDEEDS, TRACED_FILES, TRACED_MISDEEDS
from shield_helpers import make_app, run
from trapped_app import add_shadow, make_trapped_app, sprung_traps

from shield_ai.aws.export import FORMATS, PLATFORMS
from shield_ai.cli import cli
from shield_ai.cli.commands.export import POLICIES
from shield_ai.model.naming import ARN_SUFFIX
from shield_ai.project import git_process

READ_ONLY = Limits()
DATABASE = Limits(database=True)
MANIFEST = Limits(writes=("shield.toml",))
WHOLE_APP = Limits(writes=(".",))
SETTINGS = Limits(writes=(".",), settings=True)
POOL = Limits(children=("scan/text/engine.py:_scan_in_pool",))
FLEET = Limits(writes=("../out/fleet",), children=("flow/fleet.py:_scan_in_process",))
TRUE = str(shutil.which("true"))
APPLY = ("apply", "--only", "code", "--yes", "--allow-dirty")
FLEET_SCAN = ("scan", "--repos", "repositories", "-o", "../out/fleet")
OFFLINE = [
    (("scan",), READ_ONLY),
    (("scan", "--all", "--jobs", "2"), READ_ONLY),
    (("scan", "--format", "json"), READ_ONLY),
    (("scan", "--format", "sarif"), READ_ONLY),
    (("scan", "--format", "sarif", "-o", "scan.sarif"), Limits(writes=("scan.sarif",))),
    (("scan", "-o", "junit=scan.xml", "-o", "sarif=a"), Limits(writes=("scan.xml", "a"))),
    (("scan", "--staged"), READ_ONLY),
    (("scan", "--history"), READ_ONLY),
    (("scan", "--write-baseline", "../out/base.json"), Limits(writes=("../out/base.json",))),
    (FLEET_SCAN, FLEET),
    (("draft",), MANIFEST),
    (("draft", "--from-sarif", "other.sarif"), MANIFEST),
    (("plan", "--only", "code"), READ_ONLY),
    (("plan", "--only", "code", "--json", "--remove-literals"), READ_ONLY),
    (("plan", "--only", "code", "-o", "../out/plan.json"), Limits(writes=("../out/plan.json",))),
    ((*APPLY, "--no-proof"), WHOLE_APP),
    (("verify", "--only", "code"), READ_ONLY),
    (("report", "--only", "code", "-o", "../out/a.html"), Limits(writes=("../out/a.html",))),
    (("cost",), READ_ONLY),
    (("export", "--account", "123456789012", "--format", "terraform"), READ_ONLY),
    (
        ("export", "--account", "123456789012", "-o", "a.yaml", "--rotation-code", "../out/zip"),
        Limits(writes=("a.yaml", "../out/zip")),
    ),
    (("audit", "--trail", "trail.json"), READ_ONLY),
    (("explain", "CSEC34.literal"), READ_ONLY),
    (("patterns", "check"), READ_ONLY),
    (("patterns", "list"), READ_ONLY),
    (("schema", "-o", "schema.json"), Limits(writes=("schema.json",))),
    (("completion", "bash"), READ_ONLY),
    (("rollback", "--only", "code", "--yes"), WHOLE_APP),
]
JOURNEY = [
    (("draft",), MANIFEST),
    (("plan", "--env-file", ".env"), READ_ONLY),
    (("apply", "--env-file", ".env", "--yes", "--allow-dirty"), SETTINGS),
    (("verify",), DATABASE),
    (("verify", "--run-settings"), replace(DATABASE, settings=True)),
    (("report", "-o", "../out/a.html"), replace(DATABASE, writes=("../out/a.html",))),
    (("audit",), READ_ONLY),
    (("export", "--format", "cli"), READ_ONLY),
    (("rotate", "--status"), READ_ONLY),
    (("rotate", "django-secret-key", "--yes"), READ_ONLY),
    (("pull", "--env-file", ".env", "--yes"), Limits(writes=(".env",))),
    (("run", "--", TRUE), Limits(program=TRUE)),
    (("rollback", "--yes"), WHOLE_APP),
]
UNTESTED = {
    "local": "starts the AWS emulator and a program that the user names, and reads no app",
    "demo": "starts the AWS emulator and PostgreSQL, and reads only its own sample app",
}
ALLOWED_CODES = {0, 1}
GIT = {
    "program": shutil.which("git"),
    "args": git_process.command_line(Path("/"), "ls-files"),
    "cwd": "/",
    "env": git_process.env_vars(),
}


def is_app_name(text):
    return not text.startswith("-") and "://" not in text


SECRET_NAMES = st.text("aZ0/_+=.@-", min_size=1, max_size=12).filter(
    lambda name: not name.startswith("-") and not ARN_SUFFIX.search(name)
)
TAGS = st.text("aZ0é_ .:/=+-@", min_size=1, max_size=9)
FRAGMENTS = [
    *"\"'`$%}\\#:-!*&|<>()[];,~^?= \n\taZ1é日🦊",
    *["${HOME}", "$(id)", "`id`", "%{x}", "$${a}", "%%{b}", "\\n", "<<EOF", "---", "yes", "null"],
]
DESCRIPTIONS = (
    st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=10)
    .map("".join)
    .filter(lambda text: not text.startswith("-"))
)
needs_strace = pytest.mark.skipif(not strace_reader.is_usable(), reason="strace does not run")


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def manifest(cache, tmp_path_factory):
    place = make_place(tmp_path_factory.mktemp("drafted") / "place", cache)
    done = record(place, "shield", "draft")
    assert done.code == 0, done.text
    return (place.app / "shield.toml").read_text()


def make_place(base, cache, *, standard=True):
    place = Place(base, cache)
    make_trapped_app(place.app, place.markers, standard=standard)
    (place.app / "repositories").write_text(".\n")
    (place.app / "trail.json").write_text('{"Records": []}')
    (place.app / "other.sarif").write_text('{"version": "2.1.0", "runs": []}')
    return place


@pytest.mark.parametrize(("command", "limits"), OFFLINE, ids=[" ".join(c) for c, _ in OFFLINE])
def test_command_without_aws(tmp_path, cache, manifest, command, limits):
    place = make_place(tmp_path / "place", cache)
    (place.app / "shield.toml").write_text(manifest)
    done = record(place, "shield", *command)
    assert violations(done, limits) == []
    assert done.code in ALLOWED_CODES, done.text


@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_scan_in_a_pool(tmp_path, cache, method):
    place = make_place(tmp_path / "place", cache)
    with tempfile.TemporaryDirectory() as short:  # a path of a socket has at most 107 bytes
        place.temporary = Path(short)
        check_pool(place, method)


def check_pool(place, method):
    done = record(place, method, "scan", "--jobs", "2")
    found = violations(done, POOL)
    # The server process of "forkserver" opens a socket and files.
    assert [text for text in found if method == "fork" or text.startswith("code:")] == []
    assert done.code in ALLOWED_CODES, done.text


def test_commands_with_aws(tmp_path, cache, aws, subtests):
    place = make_place(tmp_path / "place", cache, standard=False)
    port = urlsplit(aws.url).port
    for command, limits in JOURNEY:
        with subtests.test(" ".join(command)):
            done = record(place, "shield", *command, variables=aws.environment())
            assert violations(done, replace(limits, aws=port)) == []
            assert done.code in ALLOWED_CODES, done.text
            # The settings were loaded, with a module of the app that is named as a dependency.
            assert sprung_traps(place.markers) == (SETTINGS_MARKERS if limits.settings else [])


def test_settings_check_guards_all_of_the_app(tmp_path, cache):
    place = make_place(tmp_path / "place", cache, standard=False)
    add_shadow(place.app, place.markers, "hmac")
    done = record(place, "shield", *APPLY)
    assert done.code == 0, done.text
    assert sprung_traps(place.markers) == SETTINGS_MARKERS


@needs_strace
def test_commands_with_aws_under_strace(tmp_path, cache, aws, subtests):
    place = make_place(tmp_path / "place", cache, standard=False)
    port = urlsplit(aws.url).port
    for number, (command, limits) in enumerate(JOURNEY):
        with subtests.test(" ".join(command)):
            log = tmp_path / f"calls-{number}"
            tracer = strace_reader.command(log)
            done = record(place, "shield", *command, variables=aws.environment(), tracer=tracer)
            uses = strace_reader.read(log, place.app)
            assert traced_violations(uses, place, replace(limits, aws=port)) == []
            assert done.code in ALLOWED_CODES, done.text


@needs_strace
def test_fleet_under_strace(tmp_path, cache):
    """The hook does not see the process that scans a repository."""
    place = make_place(tmp_path / "place", cache)
    log = tmp_path / "calls"
    done = record(place, "shield", *FLEET_SCAN, tracer=strace_reader.command(log))
    assert traced_violations(strace_reader.read(log, place.app), place, FLEET) == []
    assert violations(done, FLEET) == []
    assert done.code in ALLOWED_CODES, done.text


def test_every_command_is_tested():
    tested = [" ".join(command) + " " for command, _ in (*OFFLINE, *JOURNEY)]
    missing = [
        name
        for name in command_names(cli)
        if not any(command.startswith(f"{name} ") for command in tested)
    ]
    assert sorted(missing) == sorted(UNTESTED)


@pytest.mark.parametrize(("kind", "code"), MISDEEDS.values(), ids=MISDEEDS)
def test_finds_misdeeds(tmp_path, cache, kind, code):
    place = make_place(tmp_path / "place", cache)
    script = tmp_path / "script.py"
    script.write_text(f"import os, sys\n{code}\n")
    found = violations(record(place, str(script)), WHOLE_APP)
    assert kind in {text.partition(":")[0] for text in found}


@needs_strace
def test_finds_misdeeds_under_strace(tmp_path, cache):
    place = make_place(tmp_path / "place", cache)
    script = tmp_path / "script.py"
    script.write_text(TRACED_MISDEEDS)
    log = tmp_path / "calls"
    record(place, str(script), tracer=strace_reader.command(log))
    found = traced_violations(strace_reader.read(log, place.app), place, WHOLE_APP)
    written = {f"write: {place.base / name}" for name in TRACED_FILES}
    assert set(found) >= written | {"program: /bin/sh", "connect: 127.0.0.1:9"}


@pytest.mark.parametrize("option", sorted(GIT_OPTIONS | {"--no-pager"}))
def test_git_needs_each_option(option):
    args = [part for part in git_process.command_line(Path("/"), "ls-files") if part != option]
    assert not is_safe_git({**GIT, "args": args})


@pytest.mark.parametrize(
    "difference",
    [
        {"args": git_process.command_line(Path("/"), "commit")},
        {"args": git_process.command_line(Path("/"), "diff")},
        {"args": ["./git", *GIT["args"][1:]]},
        {"cwd": "."},
        {"env": None},
        {"env": {**GIT["env"], "GIT_SSH": "x"}},
        {"env": {**GIT["env"], "GIT_NO_LAZY_FETCH": "0"}},
    ],
    ids=["writing command", "external diff", "program", "folder", "inherited", "extra", "other"],
)
def test_git_needs_the_launcher(difference):
    assert is_safe_git(GIT)
    assert not is_safe_git({**GIT, **difference})


def secrets_named(descriptions):
    return [
        {"name": name, "env": f"KEY_{number}", "description": description}
        for number, (name, description) in enumerate(descriptions.items())
    ]


def export(folder, output_format, app, *secrets, **tables):
    """Write shield.toml, and return the result of shield export."""
    document = {"app": {"name": "shop", **app}, **tables, "secret": list(secrets)}
    (folder / "shield.toml").write_text(tomlkit.dumps(document))
    return run("export", "--account", "123456789012", "--format", output_format, cwd=folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("exported")


@pytest.mark.parametrize("output_format", READERS)
@given(
    app=st.text("aZ0é_ .+=,@/:-", min_size=1, max_size=12).filter(is_app_name),
    secrets=st.dictionaries(SECRET_NAMES, DESCRIPTIONS, min_size=1, max_size=3),
    tags=st.dictionaries(TAGS, TAGS | st.just(""), max_size=2),
    prefix=st.text("aZ0/_+=.@", max_size=5),
)
@example("a", {"b": "'\"`$(id)`${HOME}%{if}$${a}\\n\n\t$"}, {"k": "v"}, "")
def test_export_reads_back_the_same_texts(folder, output_format, app, secrets, tags, prefix):
    settings = {"name": app, "tags": tags, "prefix": prefix}
    done = export(folder, output_format, settings, *secrets_named(secrets))
    assert done.code == 0, done.text
    found = READERS[output_format](done.out)
    assert [(secret.name, secret.description) for secret in found] == [
        (prefix + name, description) for name, description in secrets.items()
    ]
    for secret in found:
        assert secret.tags == {**tags, "app": app, "managed-by": "shield-ai"}


@pytest.mark.parametrize("character", ["\b", "\r", "\u202e"], ids=ascii)
@pytest.mark.parametrize("output_format", READERS)
def test_control_characters_are_refused_or_read_back(folder, output_format, character):
    text = f"x{character}y"
    done = export(folder, output_format, {}, *secrets_named({"a": text}))
    assert done.code in {0, 2}
    if done.code == 0:
        assert [secret.description for secret in READERS[output_format](done.out)] == [text]


@pytest.mark.parametrize(
    ("app", "secret", "text"),
    [
        pytest.param({}, {"description": "file://.env"}, "file://.env", id="file"),
        pytest.param({}, {"description": "fileb://.env"}, "fileb://.env", id="binary file"),
        pytest.param({}, {"description": "--debug"}, "--debug", id="option"),
        pytest.param({}, {"name": "-x"}, "-x", id="name"),
        pytest.param({"kms_key": "file:///etc/passwd"}, {}, "file:///etc/passwd", id="key"),
    ],
)
def test_aws_reads_no_text_as_an_option_or_a_file(folder, app, secret, text):
    """The AWS CLI replaces a parameter that starts with file:// or fileb:// by the file's content.

    https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html
    """
    done = export(folder, "cli", app, {"name": "a", "env": "A", **secret})
    assert done.code in {0, 2}
    if done.code == 0:
        words = [word for command in aws_commands(done.out) for word in command]
        assert text not in words
        assert not [word for word in words if re.search(r"=fileb?://", word)]


def test_template_resolves_no_secret(folder):
    """CloudFormation replaces a dynamic reference in any property by the value of the secret.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
    """
    text = "{{resolve:secretsmanager:other:SecretString:password}}"
    done = export(folder, "cloudformation", {}, *secrets_named({"a": text}))
    assert "{{resolve:" not in done.out


def test_policy_in_a_template_belongs_to_its_secret(folder):
    secrets = secrets_named({"a-b": "first", "a/b": "second"})
    app = {"role": "Shop", "readers_only": True}
    done = export(folder, "cloudformation", app, *secrets)
    resources = yaml.safe_load(done.out)["Resources"]
    policies = [
        resource["Properties"]
        for resource in resources.values()
        if resource["Type"] == "AWS::SecretsManager::ResourcePolicy"
    ]
    owners = [resources[policy["SecretId"]["Ref"]]["Properties"]["Name"] for policy in policies]
    assert owners == ["a-b", "a/b"]


@pytest.mark.parametrize("output_format", [*FORMATS, *PLATFORMS, *POLICIES])
def test_export_contains_no_value(tmp_path, output_format):
    values = [*make_app(tmp_path).values(), "Zq7" + os.urandom(12).hex()]
    with (tmp_path / "shop/settings.py").open("a") as file:
        file.write(f'STRIPE_API_KEY = "{values[-1]}"\n')
    options = ("--account", "123456789012", "--repository", "acme/shop")
    done = run("export", *options, "--format", output_format, cwd=tmp_path)
    assert done.code == 0, done.text
    assert "stripe-api-key" in done.out
    assert [value for value in values if value in done.text] == []
