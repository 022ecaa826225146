from __future__ import annotations

import io

import msgspec
import pytest
from dotenv import dotenv_values
from fixer_helpers import is_subsequence, manifest, run
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.manifest import Manifest
from shield_ai.project.layout import is_env_example
from shield_ai.rewrite.project import env_example
from shield_ai.rewrite.project.fixer import AppFiles, DotenvFiles, FixContext

PATH = ".env.example"
KEYS = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
SWITCH = """\
# To read the secrets in shield.toml from AWS Secrets Manager
# (in production, with DJANGO_ENV=production):
#USE_AWS_SECRETS=true
#AWS_REGION=eu-central-1
#DJANGO_ENV=development
"""


def fix(files, made=None, *, stage="DJANGO_ENV", **dotenv):
    examples = [path for path in files if is_env_example(path)]
    dotenv_files = DotenvFiles(examples=examples, **{"loads": True, **dotenv})
    outcome = env_example.extend_env_example(
        files.get, made or manifest(), dotenv_files, stage=stage
    )
    return run(outcome, files)


def test_new_file_lists_variables_and_sets_none():
    files = {".env": b""}
    assert not fix(files)
    names = ["SECRET_KEY", *(f"DB_{key}" for key in KEYS), "SENTRY_DSN"]
    variables = "".join(f"#{name}=\n" for name in names)
    assert files[PATH].decode() == f"# The secrets in shield.toml:\n{variables}\n{SWITCH}"


@pytest.mark.parametrize(
    ("app", "stage", "lines"),
    [
        pytest.param({}, "DJANGO_ENV", ["AWS_REGION=eu-central-1"], id="django"),
        pytest.param(
            {},
            "AWS_SECRETS_ENV",
            ["AWS_REGION=eu-central-1"],
            id="no django",
        ),
        pytest.param(
            {"region": "us-east-1", "prefix": "shop/"},
            "DJANGO_ENV",
            ["AWS_REGION="],
            id="prefix in the map file",
        ),
        pytest.param(
            {"region": "us-east-1", "prefix": "shop/", "runtime": "package"},
            "DJANGO_ENV",
            ["AWS_REGION=", "AWS_SECRETS_PREFIX=shop/"],
            id="prefix",
        ),
    ],
)
def test_existing_file_gets_only_the_switch(app, stage, lines):
    files = {PATH: b"DEBUG=1\n"}
    for _ in range(2):
        assert not fix(files, manifest(**app), stage=stage)
    heading = SWITCH.partition("#USE")[0].replace("DJANGO_ENV", stage)
    added = files[PATH].decode().removeprefix(f"DEBUG=1\n\n{heading}")
    expected = ["USE_AWS_SECRETS=true", *lines, f"{stage}=development"]
    assert added.splitlines() == [f"#{line}" for line in expected]


def test_finds_examples_in_the_docs():
    files = {"docs/dotenv_template": b"".join(b"DB_%s=\n" % key.encode() for key in KEYS)}
    app = AppFiles(docs_files=["dotenv_template", "index.md"])
    assert not run(env_example.fix(FixContext(files.get, manifest(), app)), files)
    assert b"#USE_AWS_SECRETS=true" in files["docs/dotenv_template"]


@pytest.mark.parametrize("path", ["docs/dotenv_template", "docs/env.sample"])
@pytest.mark.parametrize("main", [{}, {".env": b""}, {PATH: b"DEBUG=1\n"}])
def test_an_example_in_the_docs_gets_the_switch(path, main):
    listed = "".join(f"DB_{key}=\n" for key in KEYS)
    for text, is_extended in [(listed, True), ("DEBUG=1\n", False)]:
        files = {path: text.encode(), **main}
        for _ in range(2):
            assert not fix(files)
        assert (files[path].decode() == f"{text}\n{SWITCH}") == is_extended
        is_created = PATH not in main and PATH in files
        assert is_created == (".env" in main and not is_extended)
        assert PATH not in main or files[PATH].decode() == f"DEBUG=1\n\n{SWITCH}"


@pytest.mark.parametrize(
    ("dotenv", "is_private"),
    [
        pytest.param({"loads": True, "reads": True}, False, id="loaded"),
        pytest.param({"loads": False, "reads": True}, True, id="only read"),
        pytest.param({"loads": False}, False, id="neither"),
    ],
)
def test_says_where_the_switch_is_read(dotenv, is_private):
    files = {PATH: b"DEBUG=1\n"}
    fix(files, **dotenv)
    assert (
        b"environment of the process: it is not enough that the app reads this file\n"
        in files[PATH]
    ) == is_private
    assert max(map(len, files[PATH].splitlines())) <= 100


@pytest.mark.parametrize(
    "name",
    [
        ".env.sample",
        "example.env",
        "TEMPLATE.env",
        ".env.TEMPLATE",
        "Sample.env",
        "example-env",
        "production.example.env",
        ".env.example.docker",
        "env.example.txt",
        "env.template",
        ".env.dist",
        ".env.template",
        ".environment-example",
        "dotenv.example",
        ".env.docker-example",
        ".env.prod.sample",
        "env_sample",
        "env.default",
        ".env.default",
        "web/.env.example",  # beside manage.py
        "web/shop/shop.env.dist",  # beside the settings
    ],
)
def test_extends_the_file_of_another_name(name):
    files = {name: b"DEBUG=1\n"}
    made = manifest(runtime="web/shop/secrets.py")
    for _ in range(2):
        assert not fix(files, made)
    assert list(files) == [name]
    assert files[name].startswith(b"DEBUG=1\n")
    assert not dotenv_values(stream=io.StringIO(files[name].decode())).keys() - {"DEBUG"}


@pytest.mark.parametrize("name", ["envs-example/dev.env", "web/.env.samples/app.env"])
def test_extends_an_example_in_a_folder(name):
    files = {name: b"SECRET_KEY=\n"}
    assert not fix(files, manifest(runtime="web/shop/secrets.py"))
    assert b"USE_AWS_SECRETS" in files[name]


@pytest.mark.parametrize("name", ["env.yaml.example", "environment.py.template", "env.example.yml"])
def test_files_of_other_formats_are_no_examples(name):
    files = {name: b"A: 1\n"}
    assert not fix(files, loads=False)
    assert files == {name: b"A: 1\n"}


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        pytest.param([PATH, "web/.env.example"], PATH, id="the app's folder"),
        pytest.param([".env.dev.example", ".env.prod.example"], ".env.prod.example", id="production"),
        pytest.param([".env.dev.example", ".env.example"], PATH, id="for all"),
        pytest.param([".env.local.sample", "web/.env.sample"], ".env.local.sample", id="only one"),
    ],
)  # fmt: skip
def test_chooses_one_file(names, chosen):
    files = dict.fromkeys(names, b"A=1\n")
    assert not fix(files, manifest(runtime="web/shop/secrets.py"))
    assert [name for name in files if files[name] != b"A=1\n"] == [chosen]


NONE, DB, ALL = b"TAG=1\n", b"DB_USER=\nDB_PASSWORD=\nDB_HOST=\n", b"SENTRY_DSN=\nSECRET_KEY=\n"


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        pytest.param({PATH: NONE, "docker/env_file_template": DB + ALL}, [1], id="of compose"),
        pytest.param({PATH: NONE, "infra/env.secret.example": DB}, [1], id="many"),
        pytest.param({PATH: NONE, "infra/env.example": b"SECRET_KEY=\n"}, [0], id="few"),
        pytest.param({PATH: NONE, "tests/env.example": DB + ALL}, [0], id="of tests"),
        pytest.param({PATH: ALL, "docker/env.example": DB + ALL}, [1], id="most"),
        pytest.param({PATH: ALL, "docker/db.env.example": DB}, [0, 1], id="each some"),
        pytest.param({PATH: DB, ".env.secret.example": ALL, "a/env.example": ALL}, [0, 1], id="two"),
        pytest.param({PATH: DB + ALL, "docker/db.env.example": DB}, [0], id="one has most"),
        pytest.param({".env.docker.example": NONE, "env.django.local.example": ALL}, [1], id="order"),
    ],
)  # fmt: skip
def test_chooses_the_files_with_the_variables_of_the_secrets(files, chosen):
    before = dict(files)
    for _ in range(2):
        assert not fix(files)
    assert [path for path in files if files[path] != before[path]] == [
        list(files)[number] for number in chosen
    ]


@pytest.mark.parametrize(
    ("command", "is_edited"),
    [
        ("- `cp local.env .env` - then fill it in", True),
        ("cp -n ./local.env ./.env", True),
        ("cp local.env .env.docker", False),
        ("cp ../local.env .env", False),
        ("source local.env", False),
    ],
)
def test_extends_the_file_that_the_readme_copies(command, is_edited):
    files = {"README.md": command.encode(), "local.env": b"DEBUG=1\n"}
    assert not fix(files)
    assert (files["local.env"].decode() == f"DEBUG=1\n\n{SWITCH}") == is_edited


def test_does_not_choose_the_example_of_a_part_of_the_app():
    files = {".env.stripe-sample": b"STRIPE_KEY=\n"}
    assert not fix(files)
    assert files == {".env.stripe-sample": b"STRIPE_KEY=\n"}
    files = {".env.shop.sample": b"SECRET_KEY=\n"}
    assert not fix(files)
    assert b"USE_AWS_SECRETS" in files[".env.shop.sample"]


@pytest.mark.parametrize(
    ("files", "dotenv", "changed"),
    [
        pytest.param({}, {"loads": False}, [], id="no .env"),
        pytest.param({}, {}, [], id="no .env that the app would load"),
        pytest.param({".env": b"A=1\n"}, {"loads": False}, [], id=".env of another program"),
        pytest.param({".env": b"A=1\n"}, {"loads": False, "reads": True}, [PATH], id=".env"),
        pytest.param({}, {"loads": False, "new_variables": ["A"]}, [PATH], id="will have a .env"),
        pytest.param({".env": b"A=1\n"}, {"hides_example": True}, [], id="git ignores it"),
        pytest.param({".env": b"A=1\n"}, {"is_tracked": True}, [".env"], id="tracked .env"),
        pytest.param(
            {".env": b"A=1\n"}, {"is_tracked": True, "loads": False}, [], id="of a server"
        ),
        pytest.param({".env": b"", PATH: b""}, {"is_tracked": True}, [PATH], id="tracked, example"),
    ],
)
def test_creates_file_only_if_git_would_track_it(files, dotenv, changed):
    before = dict(files)
    assert not fix(files, **dotenv)
    assert [path for path in files if files[path] != before.get(path)] == changed


@pytest.mark.parametrize(
    ("row", "is_created"),
    [
        pytest.param("| `{}` | text |\n", False, id="table"),
        pytest.param("{} is a variable.\n", True, id="text"),
    ],
)
def test_creates_no_file_if_the_readme_has_a_table_of_the_variables(row, is_created):
    names = manifest().variables()
    readme = "".join(row.format(name) for name in names).encode()
    files = {".env": b"A=1\n", "README.md": readme}
    assert not fix(files)
    assert (PATH in files) == is_created


@pytest.mark.parametrize("form", ["{}=mine", "export {}=mine", "#{}=", "  # {} = x"])
def test_does_not_add_existing_variable(form):
    raw = "".join(form.format(name) + "\n" for name in ["AWS_REGION", "DJANGO_ENV"]).encode()
    files = {PATH: raw}
    assert not fix(files)
    added = files[PATH].removeprefix(raw + b"\n").decode().replace("#export ", "#")
    assert added.splitlines() == [f"{SWITCH.splitlines()[0]}:", "#USE_AWS_SECRETS=true"]


def test_adds_variables_that_the_app_did_not_read():
    files = {PATH: b"DEBUG=1\nSENTRY_DSN=\nUSE_AWS_SECRETS=\n"}
    assert not fix(files, new_variables=["SENTRY_DSN", "SECRET_KEY"])
    assert files[PATH].endswith(b"SECRETS=\n\n# The secrets in shield.toml:\nSECRET_KEY=\n")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"DEBUG=1\r\nSECRET_KEY=\r\n", id="crlf"),
        pytest.param(b"DEBUG=1\r\nSECRET_KEY=", id="crlf, no final newline"),
        pytest.param(b"\xef\xbb\xbfSECRET_KEY=\n", id="bom"),
        pytest.param(b"# caf\xe9\nSECRET_KEY=", id="latin-1"),
    ],
)
def test_keeps_existing_bytes(raw):
    files = {PATH: raw}
    assert not fix(files)
    assert files[PATH].startswith(raw)
    assert (files[PATH].count(b"\n") == files[PATH].count(b"\r\n")) == (b"\r\n" in raw)
    once = dict(files)
    assert not fix(files)
    assert files == once


def test_skips_utf_16():
    files = {PATH: "A=1\n".encode("utf-16")}
    assert "UTF-16" in fix(files)[PATH]


def test_newlines_in_manifest_do_not_end_comments():
    made = manifest()
    # parse() rejects this text.
    app = msgspec.structs.replace(made.app, region="x\nEVIL=1", prefix="p\nEVIL=2")
    files = {".env": b""}
    fix(files, msgspec.structs.replace(made, app=app))
    assert not dotenv_values(stream=io.StringIO(files[PATH].decode()))


@given(st.one_of(st.binary(), st.text("AWS_REGIONSECTKY=#\n\r export\"'\\").map(str.encode)))
def test_second_run_changes_nothing(raw):
    files = {PATH: raw}
    fix(files)
    once = dict(files)
    fix(files)
    assert files == once
    assert is_subsequence(raw, once[PATH])


def test_adds_switch_without_secrets():
    files = {".env": b""}
    assert not fix(files, Manifest(app=manifest().app))
    assert files[PATH].decode() == SWITCH


@pytest.mark.parametrize(
    ("text", "export"),
    [
        pytest.param(b"export DEBUG=1\n# export X=\nY=1\n", True, id="most lines"),
        pytest.param(b"export DEBUG=1\nX=\n", False, id="half of the lines"),
    ],
)
def test_exports_the_variables_as_the_file_does(text, export):
    files = {".env.example": text}
    fix(files, manifest())
    added = files[".env.example"].removeprefix(text)
    assert (b"#export USE_AWS_SECRETS=true" in added) == export
    assert (b"#USE_AWS_SECRETS=true" in added) != export
