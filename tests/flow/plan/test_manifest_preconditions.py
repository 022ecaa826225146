from __future__ import annotations

import re

import pytest
from shield_helpers import files_of, make_app, run


@pytest.fixture
def moved(tmp_path):
    root = tmp_path / "app"
    root.mkdir()
    make_app(root)
    assert run("apply", "--only", "code", "--yes", cwd=root).code == 0
    return root


def edit(app, name, new):
    """Replace the entry of a secret in shield.toml, and return the old text."""
    path = app / "shield.toml"
    text = path.read_text()
    head, *entries = text.split("\n[[secret]]\n")
    changed = [new if f'name = "{name}"' in entry else entry for entry in entries]
    path.write_text("\n[[secret]]\n".join([head, *filter(None, changed)]))
    return text


def test_a_secret_that_the_code_reads_stays_in_shield_toml(moved):
    before = {path: path.read_bytes() for path in moved.rglob("*.py")}
    text = edit(moved, "django-secret-key", "")
    assert text != (moved / "shield.toml").read_text()
    for command in (["plan"], ["apply", "--yes"]):
        done = run(*command, "--only", "code", cwd=moved)
        assert done.code == 4
        said = "error: the code reads SECRET_KEY with get_secret(), but shield.toml no longer lists"
        assert said in done.err
        assert "hint: restore the entry in shield.toml; " in done.err
    assert f"{said.removeprefix('error: ')} it: restore the entry" in run("draft", cwd=moved).err
    assert {path: path.read_bytes() for path in moved.rglob("*.py")} == before

    settings = moved / "shop/settings.py"
    code = settings.read_text()
    (line,) = [line for line in code.splitlines() if line.startswith("SECRET_KEY")]
    read = 'SECRET_KEY = __import__("os").environ.get("SECRET_KEY")'
    settings.write_text(code.replace(line, read))
    manifest = (moved / "shield.toml").read_text()
    (moved / "shield.toml").write_text(
        manifest.replace("[app]", '[app]\nignore = ["SECRET_KEY"]', 1)
    )
    done = run("apply", "--only", "code", "--yes", "--allow-dirty", cwd=moved)
    assert done.code == 0, done.err
    assert "SECRET_KEY" not in (moved / "shop/aws_secrets.py").read_text()


@pytest.mark.parametrize("runtime", ["conf/aws_secrets.py", "shop/other.py", "package"])
def test_another_map_file_than_the_code_imports_is_refused(moved, runtime):
    manifest = moved / "shield.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace("shop/aws_secrets.py", runtime))
    before = files_of(moved)
    done = run("apply", "--only", "code", "--yes", cwd=moved)
    assert done.code == 4
    said = f"error: shield.toml sets runtime to {runtime}, but the code imports shop/aws_secrets.py"
    assert said in done.err
    assert 'hint: set runtime = "shop/aws_secrets.py"; to move the file, then run' in done.err
    assert files_of(moved) == before

    manifest.write_text(text)
    assert run("rollback", "--only", "code", "--yes", cwd=moved).code == 0
    manifest.write_text(text.replace("shop/aws_secrets.py", runtime))
    assert run("apply", "--only", "code", "--yes", cwd=moved).code == 0
    assert not (moved / "shop/aws_secrets.py").exists()


PYDANTIC = """\
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    a_token: str
    b_token: str


settings = Settings()
"""
TWO_TOKENS = """\
[app]
name = "app"
settings = ["config.py"]
runtime = "app_secrets.py"
region = "us-east-1"
ignore = ["B_TOKEN"]

[[secret]]
name = "a-token"
kind = "generic"
env = "A_TOKEN"
"""
B_TOKEN = '[[secret]]\nname = "b-token"\nkind = "generic"\nenv = "B_TOKEN"\n'


def test_a_pydantic_field_is_taken_back_out_of_aws(tmp_path):
    """Pydantic reads the variable itself as soon as the map file does not name it."""
    (tmp_path / "config.py").write_text(PYDANTIC)
    (tmp_path / "requirements.txt").write_text("pydantic-settings\n")
    manifest = TWO_TOKENS.replace('ignore = ["B_TOKEN"]\n', "") + B_TOKEN
    (tmp_path / "shield.toml").write_text(manifest)
    assert run("apply", "--only", "code", "--yes", cwd=tmp_path).code == 0
    code = (tmp_path / "config.py").read_text()
    (tmp_path / "shield.toml").write_text(TWO_TOKENS)
    done = run("apply", "--only", "code", "--yes", cwd=tmp_path)
    assert done.code == 0, done.err
    secret_map = (tmp_path / "app_secrets.py").read_text()
    assert "A_TOKEN" in secret_map
    assert "B_TOKEN" not in secret_map
    assert (tmp_path / "config.py").read_text() == code
    assert run("verify", "--only", "code", cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param("", id="removed"),
        pytest.param(B_TOKEN.replace("B_TOKEN", "B_TOKN"), id="misspelled"),
        pytest.param(B_TOKEN.replace("B_TOKEN", "A_TOKEN"), id="copied"),
    ],
)
def test_a_pydantic_field_needs_its_entry(tmp_path, entry):
    (tmp_path / "config.py").write_text(PYDANTIC)
    (tmp_path / "requirements.txt").write_text("pydantic-settings\n")
    manifest = TWO_TOKENS.replace('ignore = ["B_TOKEN"]\n', "")
    (tmp_path / "shield.toml").write_text(manifest + B_TOKEN)
    assert run("apply", "--only", "code", "--yes", cwd=tmp_path).code == 0
    secret_map = (tmp_path / "app_secrets.py").read_bytes()
    (tmp_path / "shield.toml").write_text(manifest + entry)
    text = "config.py reads B_TOKEN with its AWS source, but shield.toml no longer lists it"
    for command in (["plan"], ["apply", "--yes"]):
        done = run(*command, "--only", "code", cwd=tmp_path)
        assert done.code == 4
        assert f"error: {text}" in done.err
        assert "hint: restore the entry in shield.toml" in done.err
    assert (tmp_path / "app_secrets.py").read_bytes() == secret_map
    assert f"{text}: restore the entry" in run("draft", cwd=tmp_path).err


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(
            'name = "signing-key"\nkind = "django-secret-key"\nenv = "SECRET_KEY"', id="renamed"
        ),
        pytest.param(
            'name = "signing"\nkind = "generic"\nfields = {key = "SECRET_KEY"}', id="now a field"
        ),
    ],
)
def test_a_variable_can_get_another_secret(moved, new):
    edit(moved, "django-secret-key", f"{new}\n")
    done = run("plan", "--only", "code", cwd=moved)
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        pytest.param("shop/setings.py", 'did you mean "shop/settings.py"?', id="typo"),
        pytest.param("settings.py", 'did you mean "shop/settings.py"?', id="other folder"),
        pytest.param("x/zzzzz.py", "settings lists the settings files of the app", id="no similar"),
    ],
)
def test_the_settings_files_exist(moved, path, hint):
    manifest = moved / "shield.toml"
    manifest.write_text(manifest.read_text().replace("shop/settings.py", path))
    line = 1 + manifest.read_text().split("\n").index(f'settings = ["{path}"]')
    for command in (["plan"], ["apply", "--yes"], ["verify"]):
        done = run(*command, "--only", "code", cwd=moved)
        assert done.code == 2, command
        assert f"error: shield.toml:{line}: settings: {path} does not exist" in done.err
        assert f"hint: {hint}" in done.err


@pytest.mark.parametrize("has_manifest", [False, True], ids=["no shield.toml", "shield.toml"])
@pytest.mark.parametrize(
    "command", [["draft"], ["plan", "--only", "code"], ["apply", "--only", "code", "--yes"]]
)
def test_a_folder_above_repositories_is_not_an_app(tmp_path, command, has_manifest):
    root = tmp_path / "work"
    for name in ("one", "two"):
        (root / name).mkdir(parents=True)
        make_app(root / name)
    if has_manifest:
        assert run("draft", cwd=root).code == 0
    for name in ("one", "two"):
        (root / name / ".git").mkdir()
    before = files_of(root)
    done = run(*command, cwd=root)
    assert done.code != 0
    assert (
        f"error: {root} is not in a git repository, but contains a repository with its code"
        in done.err
    )
    assert "run shield in the repository of the app: " in done.err
    assert files_of(root) == before


def test_an_app_can_contain_the_repository_of_other_code(tmp_path):
    make_app(tmp_path)
    (tmp_path / "other/.git").mkdir(parents=True)
    make_app(tmp_path / "other")
    (tmp_path / "other/shop").rename(tmp_path / "other/reports")
    done = run("plan", "--only", "code", cwd=tmp_path)
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("in_code", "in_manifest"),
    [
        pytest.param("SENTRY_URL", "SENTRY_URL", id="renamed in both"),
        pytest.param("", "SENTRY_URL", id="not in the code"),
        pytest.param("SENTRY_DSN", "SENTRY_URL", id="renamed in shield.toml"),
        pytest.param("SENTRY_URL", "SENTRY_DSN", id="renamed in the code"),
    ],
)
def test_a_variable_can_be_renamed(moved, in_code, in_manifest):
    """The map file follows; the code must read the variable that shield.toml names."""
    settings = moved / "shop/settings.py"
    lines = settings.read_text().splitlines(keepends=True)
    line = next(line for line in lines if "sentry-dsn" in line)
    expression = f', lambda: os.getenv("{in_code}")' if in_code else ", None"
    call = f'SENTRY_DSN = get_secret("sentry-dsn"{expression})\n'
    settings.write_text(settings.read_text().replace(line, call))
    new = f'name = "sentry-dsn"\nkind = "url"\nenv = "{in_manifest}"\noptional = true\n'
    edit(moved, "sentry-dsn", new)
    done = run("apply", "--only", "code", "--yes", cwd=moved)
    code = settings.read_text()
    if in_code in {"", in_manifest}:
        assert done.code == 0, done.err
        assert f'"sentry-dsn": "{in_manifest}"' in (moved / "shop/aws_secrets.py").read_text()
        assert run("verify", "--only", "code", cwd=moved).code == 0
    else:
        assert done.code == 4
        place = f"shop/settings.py:{1 + lines.index(line)}"
        said = f"error: {place} reads {in_code} for sentry-dsn, but shield.toml names {in_manifest}"
        assert said in done.err
    assert settings.read_text() == code


@pytest.mark.parametrize("command", ["plan", "verify"])
def test_the_app_can_have_a_folder_named_package(tmp_path, command):
    make_app(tmp_path)
    assert run("draft", cwd=tmp_path).code == 0
    manifest = tmp_path / "shield.toml"
    text, count = re.subn('runtime = ".*"', 'runtime = "package"', manifest.read_text())
    assert count == 1
    manifest.write_text(text)
    (tmp_path / "package").mkdir()
    done = run(command, "--only", "code", cwd=tmp_path)
    assert done.code < 2, done.err
