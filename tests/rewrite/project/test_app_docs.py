from __future__ import annotations

import itertools
import re
import subprocess
from pathlib import Path

import msgspec
import pytest
from fixer_helpers import MANIFEST, is_subsequence, manifest, run
from hypothesis import given
from hypothesis import strategies as st
from shield_helpers import make_app, shield
from shield_helpers import run as run_here

import shield_runtime
from shield_ai.model.hosting import Hosting
from shield_ai.model.kept_variables import KeptVariables
from shield_ai.model.manifest import Manifest, Secret
from shield_ai.model.manifest_parser import parse_manifest
from shield_ai.rewrite.project import app_docs
from shield_ai.rewrite.project.fixer import AppFiles, FixContext

PAGE, UPDATES = app_docs.PAGE, app_docs.UPDATES
LOWER_CASE_PAGE = "docs/aws-secrets-manager.md"


def fix(files, made=None):
    return run(app_docs.write_docs(files.get, made or manifest()), files)


def page(files):
    """Return the page without the padding of its tables."""
    return re.sub(" {2,}", " ", files[PAGE].decode())


def test_page_has_all_sections():
    files = {}
    assert not fix(files, manifest(prefix="shop/prod/"))
    text = page(files)
    headings = ["Configuration", "Setup", "Rotation", "Troubleshooting", "Rollback"]
    assert re.findall(r"(?m)^## (.+)$", text) == headings
    assert len(text.splitlines()) <= 60
    assert "CSEC" not in text
    assert "`shop/utils/secrets.py` maps them" in text
    assert "Manager in `eu-central-1`, the region in `shield.toml`;" in text
    assert (
        "| `shop/prod/django-secret-key` | django-secret-key | `SECRET_KEY` | yes | manual |"
        in text
    )
    assert "| with shield rotate, alternating-users |" in text
    assert "| `shop/prod/sentry-dsn` | generic | `SENTRY_DSN` | no | not set |" in text
    assert "`ShopRole`" in text
    assert "\n\n\n" not in text


def test_documents_say_how_to_install_shield_once():
    files = {UPDATES: b"# Updates\n"}
    fix(files)
    add_entry(files)
    for path in (PAGE, UPDATES):
        after = files[path].partition(b"`shield ")[2].partition(b"` ")[2]
        assert after.startswith(b"(`pip install shield-ai`)")
        assert files[path].count(b"pip install") == 1


@pytest.mark.parametrize("prefix", ["", "shop/prod/"])
def test_page_says_how_environments_are_separated(prefix):
    files = {}
    fix(files, manifest(prefix=prefix))
    assert "Environments that share an AWS account differ in the prefix" in page(files)
    assert ("| `AWS_SECRETS_PREFIX` | `shop/prod/` |" in page(files)) == bool(prefix)


@pytest.mark.parametrize("message", [row[0] for row in app_docs.TROUBLESHOOTING])
def test_troubleshooting_quotes_the_runtime(message):
    paths = Path(shield_runtime.__file__).parent.rglob("*.py")
    assert any(message in path.read_text(encoding="utf-8") for path in paths)


def test_tables_are_valid():
    files = {}
    made = parse_manifest(MANIFEST)
    app = msgspec.structs.replace(made.app, role="a|b`c")  # parse() rejects it
    fix(files, msgspec.structs.replace(made, app=app))
    rows = [line for line in files[PAGE].decode().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {3, 4, 6}


@pytest.mark.parametrize("engines", [(), ("postgresql",)], ids=["Django's backend", "ours"])
def test_page_describes_rotation(engines):
    files = {}
    assert not run(app_docs.write_docs(files.get, manifest(), engines), files)
    text = files[PAGE].decode()
    advice = "their login works only until the next rotation.\n"
    assert ("After each rotation of `database-credentials`, restart the processes" in text) != bool(
        engines
    )
    assert (advice in text) != bool(engines)
    assert ("read for each new connection" in text) == bool(engines)
    assert "\n\n\n" not in text


@pytest.mark.parametrize("reads_later", [True, False])
def test_says_when_the_app_reads_a_new_value(reads_later):
    files = {}
    run(app_docs.write_docs(files.get, manifest(), reads_later=reads_later), files)
    text = page(files)
    assert ("read a value again after five minutes" in text) == reads_later
    assert ("The app reads its secrets at startup: restart it" in text) != reads_later


@pytest.mark.parametrize(
    ("rotate", "advice"),
    [
        pytest.param('{ every = "30 days", engine = "postgres" }', True, id="single user"),
        pytest.param('"manual"', False, id="manual"),
    ],
)
def test_says_what_a_database_needs_after_a_rotation(rotate, advice):
    files = {}
    made = MANIFEST.replace(
        'rotate = { every = "30 days", strategy = "alternating-users" }', f"rotate = {rotate}"
    )
    fix(files, parse_manifest(made))
    assert ("the database rejects new connections with their login.\n" in page(files)) == advice


@pytest.mark.parametrize("variable", ["AWS_SECRET_ACCESS_KEY", "S3_SECRET_KEY"])
def test_says_which_keys_boto3_signs_in_with(variable):
    files = {}
    fix(files, Manifest(app=manifest().app, secret=(Secret(name="a-key", env=variable),)))
    assert (b"boto3 signs in with them" in files[PAGE]) == (variable == "AWS_SECRET_ACCESS_KEY")


@pytest.mark.parametrize(
    ("has_role", "uses_access_keys", "text"),
    [
        pytest.param(True, False, "", id="AWS"),
        pytest.param(False, False, "the access key of an IAM user with the policy.\n", id="elsewhere"),
        pytest.param(False, True, "because the app itself uses the same key, with its other policies.\n", id="same key"),
    ],
)  # fmt: skip
def test_says_how_an_app_outside_aws_signs_in(has_role, uses_access_keys, text):
    hosting = Hosting(has_role=has_role, uses_access_keys=uses_access_keys)
    advice = app_docs.DEFAULT_ADVICE._replace(hosting=hosting)
    files = {}
    assert not run(app_docs.write_docs(files.get, manifest(), advice=advice), files)
    assert text in page(files)
    assert ("AWS_ACCESS_KEY_ID" in page(files)) != has_role


@pytest.mark.parametrize("reads_endpoint", [False, True], ids=["S3", "another provider"])
def test_says_how_to_reach_aws_beside_another_endpoint(reads_endpoint):
    hosting = Hosting(has_role=False, uses_access_keys=True, reads_endpoint=reads_endpoint)
    advice = app_docs.DEFAULT_ADVICE._replace(hosting=hosting)
    files = {}
    assert not run(app_docs.write_docs(files.get, manifest(), advice=advice), files)
    assert ("AWS_ENDPOINT_URL_SECRETS_MANAGER" in page(files)) is reads_endpoint
    assert ("uses the same key" in page(files)) is not reads_endpoint


def test_lists_the_secrets_that_the_platform_sets():
    hosting = Hosting(platform="Heroku", set_by_platform=["DATABASE_URL", "REDIS_URL"])
    app = AppFiles(lambda _: True, hosting=hosting)
    files = {}
    assert not run(app_docs.fix(FixContext(files.get, parse_manifest(MANIFEST), app)), files)
    assert "\n\n`DATABASE_URL`, `REDIS_URL` stay in the environment: Heroku sets them.\n\n" in page(
        files
    )


@pytest.mark.parametrize("install", ["pip install 'shop[aws]'", ""])
def test_names_the_command_that_installs_boto3(install):
    files = {UPDATES: b"# Updates\n"}
    advice = app_docs.DEFAULT_ADVICE._replace(install=install)
    assert not run(app_docs.write_docs(files.get, manifest(), advice=advice), files)
    assert not run(app_docs.add_entry(files.get, manifest(), advice), files)
    for path in (PAGE, UPDATES):
        assert ("with boto3" in files[path].decode()) == bool(install)
        assert f"`{install}`" in files[path].decode() or not install


@pytest.mark.parametrize("django", [True, False])
def test_names_django_only_in_its_apps(django):
    files = {UPDATES: b"# Updates\n"}
    stage = "DJANGO_ENV" if django else "AWS_SECRETS_ENV"
    advice = app_docs.DEFAULT_ADVICE._replace(stage=stage)
    assert not run(app_docs.write_docs(files.get, manifest(), advice=advice), files)
    assert not run(app_docs.add_entry(files.get, manifest(), advice), files)
    for path in (PAGE, UPDATES):
        text = files[path].decode()
        assert ("DJANGO_ENV" in text) == django
        assert ("AWS_SECRETS_ENV" in text) != django


@pytest.mark.parametrize(
    ("names", "page"),
    [
        pytest.param([], PAGE, id="no page"),
        pytest.param(["README.md", "a.txt"], PAGE, id="README"),
        pytest.param(["README.md", "index.md", "how-to.md"], LOWER_CASE_PAGE, id="lower case"),
        pytest.param(["a.md", "b-c.md", "D.md"], LOWER_CASE_PAGE, id="most in lower case"),
        pytest.param(["a.md", "DEPLOYMENT.md", "SETUP.md"], PAGE, id="most in capitals"),
    ],
)
def test_the_page_is_named_like_the_other_pages(names, page):
    made = manifest()
    made = msgspec.structs.replace(made, app=msgspec.structs.replace(made.app, generate=("docs",)))
    files = {}
    for docs_files in (names, ["A.md", "B.md"], ["a.md", "b.md"]):
        app = AppFiles(lambda _: True, docs_files=docs_files)
        context = FixContext(files.get, made, app)
        assert app_docs.page_path(context) == page
        assert not run(app_docs.fix(context), files)
        assert [*files] == [page]


@pytest.mark.parametrize(
    ("existing", "is_written"),
    [
        pytest.param(["docs/conf.py", "docs/index.rst"], False, id="Sphinx"),
        pytest.param(["docs/source/conf.py"], False, id="Sphinx, source"),
        pytest.param(["docs/conf.py", "docs/index.md"], True, id="Sphinx with Markdown"),
        pytest.param(["docs/index.rst"], True, id="no Sphinx"),
    ],
)
def test_writes_no_page_among_rst_files(existing, is_written):
    files = dict.fromkeys(existing, b"")
    assert bool(fix(files)) != is_written
    assert (PAGE in files) == is_written


@pytest.mark.parametrize(
    ("path", "text", "is_written"),
    [
        ("docs/hugo.toml", "title = 'a'\nbaseURL = 'https://example.com'\n", False),
        ("docs/config.yaml", 'baseURL: "https://example.com"\n', False),
        ("docs/config/_default/hugo.json", '{\n  "baseURL": "/"\n}\n', False),
        ("docs/config.toml", 'base_url = "https://example.com"\n', False),
        ("docs/config.yaml", "colors: true\n", True),
    ],
)
def test_writes_no_page_beside_the_content_of_hugo(path, text, is_written):
    files = {path: text.encode()}
    assert (PAGE in fix(files)) != is_written
    assert (PAGE in files) == is_written


@pytest.mark.parametrize("name", ["index.html", "package.json"])
def test_writes_no_page_into_a_website(tmp_path, name):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / name).write_text("")
    (tmp_path / "config.py").write_text("import os\nAPI_TOKEN = os.environ['API_TOKEN']\n")
    shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)
    assert "get_secret" in (tmp_path / "config.py").read_text()
    assert [path.name for path in (tmp_path / "docs").iterdir()] == [name]


@pytest.mark.parametrize(
    ("code", "reads_later"),
    [
        pytest.param("class Config:\n    A = os.environ['A_TOKEN']\n", False, id="class"),
        pytest.param("def load():\n    return os.environ['A_TOKEN']\n", True, id="function"),
    ],
)
def test_finds_the_functions_that_read_secrets(tmp_path, code, reads_later):
    (tmp_path / "docs").mkdir()
    (tmp_path / "app.py").write_text(f"import os\n\n\n{code}")
    shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)
    assert "get_secret" in (tmp_path / "app.py").read_text()
    assert ("Functions of the app" in (tmp_path / PAGE).read_text()) == reads_later
    assert "No changes" in shield("plan", "--only", "code", cwd=tmp_path).out


def test_second_run_changes_nothing():
    files = {}
    fix(files)
    assert app_docs.write_docs(files.get, manifest()) == ([], [])
    crlf = {path: raw.replace(b"\n", b"\r\n") for path, raw in files.items()}
    assert app_docs.write_docs(crlf.get, manifest()) == ([], [])


def test_updates_generated_page():
    files = {}
    fix(files)
    later = parse_manifest(
        MANIFEST + '\n[[secret]]\nname = "mail-password"\nenv = "MAIL_PASSWORD"\n'
    )
    assert not fix(files, later)
    assert b"mail-password" in files[PAGE]
    assert UPDATES not in files


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        pytest.param(lambda raw: raw + b"\nMore.\n", "edited manually", id="edited"),
        pytest.param(lambda _: b"# Secrets\n", "not generated by shield", id="foreign"),
    ],
)
def test_skips_page_that_was_not_generated(edit, message):
    files = {}
    fix(files)
    files[PAGE] = edit(files[PAGE])
    before = dict(files)
    assert message in fix(files)[PAGE]
    assert files == before


def add_entry(files):
    return run(app_docs.add_entry(files.get, manifest()), files)


def test_appends_entry_once():
    raw = b"# Security\r\n\r\n## Old\r\n\r\ntext"
    files = {UPDATES: raw}
    for _ in range(2):
        assert not add_entry(files)
        assert files[UPDATES].startswith(raw + b"\r\n\r\n" + app_docs.HEADING.encode() + b"\r\n")
        assert files[UPDATES].count(app_docs.HEADING.encode()) == 1
    for part in (
        b"**What changed.**",
        b"**Deployment.**",
        b"**Rollback.**",
        b"`database-credentials`: `DB_NAME`",
    ):
        assert part in files[UPDATES]


@given(st.binary())
def test_entry_keeps_existing_bytes(raw):
    files = {UPDATES: raw}
    add_entry(files)
    once = dict(files)
    add_entry(files)
    assert files == once
    assert is_subsequence(raw, once[UPDATES])


def test_creates_no_entry_without_the_file():
    assert app_docs.add_entry({}.get, manifest()) == ([], [])


@pytest.mark.parametrize("passed_on", [(), ("DB_PASSWORD",)], ids=["none", "passed on"])
def test_a_blank_line_is_before_each_heading(passed_on):
    files = {}
    kept = KeptVariables(passed_on=passed_on)
    advice = app_docs.DEFAULT_ADVICE._replace(kept=kept)
    run(app_docs.write_docs(files.get, manifest(), advice=advice), files)
    lines = files[PAGE].decode().splitlines()
    headings = [number for number, line in enumerate(lines) if line.startswith("## ")]
    assert [lines[number - 1] for number in headings] == [""] * len(headings)


def test_creates_no_docs_without_secrets():
    assert app_docs.write_docs({}.get, Manifest(app=manifest().app)) == ([], [])


CHOSEN = "# the user removed the note about the default"


@pytest.mark.parametrize(
    ("code", "region", "row", "entry"),
    [
        pytest.param(
            "R = os.environ['AWS_REGION']",
            "eu-west-1",
            "| `AWS_REGION` | keep its value, because the app reads it, and set `region` in `sh",
            "`DJANGO_ENV=production` and, unless it is set, `AWS_REGION=eu-west-1`, restart",
            id="read by the app",
        ),
        pytest.param(
            "",
            "us-east-1",
            "| `AWS_REGION` | the region of the secrets | not needed |",
            "and `AWS_REGION` (the region in `shield.toml`), restart",
            id="default",
        ),
        pytest.param(
            "",
            "eu-west-1",
            "| `AWS_REGION` | `eu-west-1` | not needed |",
            "`DJANGO_ENV=production` and `AWS_REGION=eu-west-1`, restart",
            id="known",
        ),
        pytest.param(
            CHOSEN,
            "us-east-1",
            "| `AWS_REGION` | `us-east-1` | not needed |",
            "`DJANGO_ENV=production` and `AWS_REGION=us-east-1`, restart",
            id="default without its note",
        ),
    ],
)
def test_advises_no_region_that_may_be_wrong(code, region, row, entry):
    made = parse_manifest(MANIFEST)
    app = msgspec.structs.replace(made.app, region=region, generate=("docs",))
    made = msgspec.structs.replace(made, app=app)
    files = {UPDATES: b"# Updates\n", "app.py": code.encode(), "tests/test_a.py": b"'AWS_REGION'"}
    if code == CHOSEN:
        files["shield.toml"] = MANIFEST.encode()
    app = AppFiles(lambda _: True, ["app.py", "tests/test_a.py"])
    assert not run(app_docs.fix(FixContext(files.get, made, app)), files)
    assert row in page(files)
    assert entry in files[UPDATES].decode()
    is_chosen = "the region of the secrets" not in row
    assert (f"Manager in `{region}`, the region in" in files[PAGE].decode()) == is_chosen


def test_documents_a_schedule_only_if_apply_creates_it():
    made = parse_manifest(MANIFEST + "\n[rotation]\n")
    files = {}
    fix(files, made)
    assert "| every 30 days, alternating-users |" in page(files)
    fix(files, msgspec.structs.replace(made, rotation=None))
    assert "30 days" not in files[PAGE].decode()


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        pytest.param({}, "", id="none"),
        pytest.param({"passed_on": ["A"]}, " Keep `A` in the env file of Docker Compose, which passes it to other services.", id="passed on"),
        pytest.param({"in_code": ["C"], "passed_on": ["A", "B"]}, " Keep `C` set: code that is not changed reads it. Keep `A`, `B` in the env file of Docker Compose, which passes them to other services.", id="several"),
        pytest.param({"in_code": ["A", "B"]}, " Keep `A`, `B` set: code that is not changed reads them.", id="code"),
        pytest.param({"in_commands": {"A": ["Makefile:3"]}}, " Keep `A` set for `Makefile`, which reads it.", id="command"),
        pytest.param({"in_commands": {"A": ["run:1", "init:2"], "B": ["run:4"]}}, " Keep `A`, `B` set for `run`, `init`, which read them.", id="commands"),
        pytest.param({"in_commands": {"A": [f"{name}:1" for name in "abcdefg"]}}, " Keep `A` set for `a`, `b`, `c`, `d`, `e` and 2 more, which read it.", id="many"),
        pytest.param({"injected": {"A": ["stack.py:1"]}}, " Remove the entries of `A` from `stack.py` before you delete the parameters or secrets in AWS that they name.", id="injected"),
        pytest.param({"injected": {"A": ["stack.py:1"]}, "aws_readers": ["jobs/app.py"]}, " Remove the entries of `A` from `stack.py` before you delete the parameters or secrets in AWS that they name, and keep those that `jobs/app.py` may read.", id="injected and read"),
    ],
)  # fmt: skip
def test_lists_the_variables_that_stay(kept, text):
    made = parse_manifest(MANIFEST)
    made = msgspec.structs.replace(made, app=msgspec.structs.replace(made.app, generate=("docs",)))
    files = {UPDATES: b"# Updates\n"}
    app = AppFiles(lambda _: True, kept=KeptVariables(**kept))
    assert not run(app_docs.fix(FixContext(files.get, made, app)), files)
    sentence = f"Remove the values from the production environment, unless something else reads them.{text}"
    assert f"{sentence}\n" in files[PAGE].decode()
    assert f"{sentence} Rotate" in files[UPDATES].decode()


def test_the_table_lists_what_production_requires():
    files = {}
    run(app_docs.write_docs(files.get, manifest()), files)
    assert "| variables | required in production | rotation |\n" in page(files)


def test_has_the_layout_of_prettier():
    files = {}
    fix(files)
    lines = files[PAGE].decode().splitlines()
    assert lines[1:3] == ["", "# Secrets of shop"]
    for before, line in itertools.pairwise(lines):
        if before.startswith("|") and line.startswith("|"):
            assert len(before) == len(line)


def test_no_page_that_git_ignores(tmp_path):
    make_app(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("# Shop\n")
    (tmp_path / ".gitignore").write_text("/docs/\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    plan = run_here("plan", "--only", "code", "--all", cwd=tmp_path).text
    assert "docs/" not in plan
    assert "In production, also set" in plan  # the map file explains the variables instead
