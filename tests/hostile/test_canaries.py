"""No secret value reaches an output or a file that does not have to hold it."""

from __future__ import annotations

import json
import random
import secrets
import shutil
import string
from pathlib import Path

import boto3
import pytest
import shield_helpers
from hostile_git import git
from hostile_text import shield

from shield_ai.aws.export import FORMATS, PLATFORMS
from shield_ai.cli.commands.export import POLICIES
from shield_ai.model.errors import INCOMPLETE

MIN_LENGTH = 8  # of a value; shorter ones, such as a port, are words of the output
RANDOM = random.Random(20)
ALPHABET = string.ascii_letters + string.digits
COMMANDS = [
    ["scan"],
    ["scan", "--all"],
    ["scan", "--format", "json", "--all"],
    ["scan", "--format", "sarif"],
    ["scan", "--format", "sarif", "-o", "out.sarif"],
    ["scan", "--format", "github", "--all"],
    ["scan", "--format", "concise", "--all"],
    ["scan", "--all", "-o", "gitlab=out.json", "-o", "junit=out.xml", "-o", "markdown=out.md"],
    ["scan", "--write-baseline", "baseline.json"],
    ["scan", "--staged"],
    ["scan", "--history"],
    ["scan", "--history", "--format", "json"],
    ["scan", "-"],
    ["plan", "--only", "code"],
    ["plan", "--only", "code", "--json"],
    ["plan", "--only", "code", "--env-file", ".env"],
    ["plan", "--only", "code", "-o", "plan.json"],
    ["plan", "--only", "code", "--remove-literals"],
    ["draft"],
    ["draft", "--json"],
    ["cost", "--json"],
    ["cost"],
    ["verify", "--only", "code"],
    ["verify", "--only", "code", "--json"],
    ["report", "--only", "code", "-o", "report.html"],
    ["report", "--only", "code", "--format", "markdown"],
    ["report", "--only", "code", "--format", "json"],
    ["report", "--only", "code", "--format", "oscal"],
    ["report", "--only", "code", "--format", "ocsf"],
    ["explain", "CSEC34.literal"],
    ["explain", "CSEC34", "--json"],
    ["patterns", "list", "--json"],
    ["patterns", "check", "--json"],
    ["export", "--format", "json", "--account", "000000000000"],
    ["apply", "--only", "code", "--yes", "--allow-dirty", "--no-proof", "--json"],
    ["apply", "--only", "code", "--yes", "--allow-dirty", "--no-proof", "--json"],
    ["verify", "--only", "code"],
    ["report", "--only", "code", "--format", "markdown"],
    ["rollback", "--yes", "--json"],
    ["rollback", "--yes", "--json"],
]


class Canaries:
    """Makes values at test time, and remembers where each one is."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def value(self, place: str) -> str:
        text = "Zq7" + "".join(RANDOM.choices(ALPHABET, k=29))
        self.values[text] = place
        return text

    def token(self, place: str) -> str:
        text = "ghp" + "_" + "".join(RANDOM.choices(ALPHABET, k=36))
        self.values[text] = place
        return text

    def found_in(self, raw: bytes) -> list[str]:
        return sorted(place for text, place in self.values.items() if text.encode() in raw)


def make_app(folder: Path) -> Canaries:
    canaries = Canaries()
    value, token = canaries.value, canaries.token
    shop = folder / "shop"
    shop.mkdir(parents=True)
    (folder / "manage.py").write_text(
        'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
    )
    (shop / "__init__.py").touch()
    (shop / "settings.py").write_text(
        f'''import os
# the old key was {value("comment")}
SECRET_KEY = os.environ.get("SECRET_KEY", "{value("default of a read")}")
STRIPE_API_KEY = os.environ["STRIPE_API_KEY"]
MAIL_PASSWORD = "{value("literal setting")}"
API_KEYS = {{"live_api_key": "{value("value in a dictionary")}"}}
TOKENS = ["{token("token in a list")}"]
DATABASE_URL = os.getenv("DATABASE_URL", "postgres://shop:{value("password of a DSN")}@db.test/x")
CACHE = f"redis://:{value("f-string")}@{{os.environ['HOST']}}/0"
SENTRY_DSN = "https://{value("user of a DSN")}@sentry.test/1"
JOINED_PASSWORD = "{value("joined literal 1")}" "{value("joined literal 2")}"
SUM_PASSWORD = "{value("sum 1")}" + "{value("sum 2")}"
BYTES_SECRET = b"{value("bytes")}"
MULTI_SECRET = """{value("multi-line 1")}
{value("multi-line 2")}"""
TERNARY_PASSWORD = "{value("conditional")}" if os.environ.get("X") else "{value("else branch")}"
OR_PASSWORD = os.environ.get("OR_PASSWORD") or "{value("or fallback")}"
GITHUB = os.getenv("{token("name of a variable")}")
GITLAB = os.environ["{token("subscript name")}"]
DATABASES = {{"default": {{
    "ENGINE": "django.db.backends.postgresql",
    "NAME": "shop",
    "USER": "{value("database user")}",
    "PASSWORD": "{value("database password")}",
}}}}
{token("name of a setting")} = os.environ["SOME_SECRET"]
NAMED = {{"{token("key of a dictionary")}": os.environ["OTHER_SECRET"]}}
def connect(password="{value("default argument")}"):
    """Log in with {value("docstring")}."""
    return connect(password="{value("keyword argument")}")
assert SECRET_KEY != "{value("comparison")}", "{value("assertion message")}"
''',
        encoding="utf-8",
    )
    (shop / f"{token('name of a Python file')}.py").write_text(
        'import os\nPASSWORD = os.environ["FILE_PASSWORD"]\nAPI_PASSWORD = "x"\n'
    )
    (folder / f"{token('name of a file')}.yaml").write_text(
        f"password: {value('YAML')}\n# {value('YAML comment')}\nlist:\n  - secret: {value('YAML 2')}\n"
    )
    secret_folder = folder / token("name of a folder")
    secret_folder.mkdir()
    (secret_folder / "app.toml").write_text(f'api_key = "{value("TOML")}"\n')
    (folder / "data.json").write_text(f'{{"client_secret": "{value("JSON")}"}}')
    (folder / "bad.json").write_text(f'{{"client_secret": "{value("invalid JSON")}"')
    (folder / "bad.py").write_text(f'PASSWORD = "{value("invalid Python")}"\ndef (\n')
    (folder / "script.sh").write_text(f"export API_TOKEN={value('shell')}\n")
    (folder / "Dockerfile").write_text(f"FROM x\nENV DB_PASSWORD={value('Dockerfile')}\n")
    (folder / "app.ini").write_text(f"[db]\npassword = {value('INI')}\n")
    (folder / "README.md").write_text(f"Use `password={value('Markdown')}`\n")
    (folder / ".env").write_text(
        f"SECRET_KEY={value('.env')}\n"
        f"STRIPE_API_KEY='{value('.env, quoted')}'\n"
        f"# OLD_PASSWORD={value('.env comment')}\n"
        f"DATABASE_URL=postgres://u:{value('.env DSN')}@h/d\n"
        f"{token('.env name')}=x\n"
        f'MULTI_KEY="{value(".env, line 1")}\n{value(".env, line 2")}"\n'
    )
    (folder / ".gitignore").write_text("*.env\n.env\n")
    (folder / "old.py").write_text(f'API_PASSWORD = "{value("git history")}"\n')
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", f"key {value('commit message')}")
    git(folder, "rm", "-q", "old.py")
    git(folder, "commit", "-q", "-m", "remove")
    (folder / "staged.py").write_text(f'API_PASSWORD = "{value("git index")}"\n')
    git(folder, "add", "staged.py")
    return canaries


def snapshot(folder: Path) -> dict[Path, bytes]:
    files = {}
    for path in folder.rglob("*"):
        if path.is_file() and ".git" not in path.relative_to(folder).parts:
            files[path.relative_to(folder)] = path.read_bytes()
    return files


def may_hold_values(path: Path) -> bool:
    """Return whether a file has to hold values: .env and .shield."""
    if path.name.endswith(".env"):
        return True
    return "backups" in path.parts or "objects" in path.parts


def test_no_command_shows_or_writes_a_value(tmp_path):
    app = tmp_path / "app"
    app.mkdir()
    canaries = make_app(app)
    variables = {"DB_PASSWORD": canaries.value("env var"), "OR_PASSWORD": canaries.value("env 2")}
    assert len(canaries.values) >= 50
    stdin = f'password = "{canaries.value("standard input")}"\n'
    leaks = []
    codes = []
    for command in COMMANDS:
        before = snapshot(app)
        done = shield(app, *command, stdin=stdin, variables=variables)
        codes.append(done.returncode)
        text = " ".join(command)
        leaks += [f"{text}: stdout: {place}" for place in canaries.found_in(done.stdout)]
        leaks += [f"{text}: stderr: {place}" for place in canaries.found_in(done.stderr)]
        for path, content in snapshot(app).items():
            if before.get(path) == content or may_hold_values(path):
                continue
            known = canaries.found_in(before.get(path, b""))
            new = [place for place in canaries.found_in(content) if place not in known]
            leaks += [f"{text}: {path}: {place}" for place in new]
        assert done.returncode in {0, 1}, (text, done.stderr)
    assert leaks == []


# Values with the forms that are shown in other places.
HARMLESS_FORMS = {
    "host": "private.swordfish.internal",
    "loopback": "127.0.0.1:54321",
    "service": "postgres:54322",
    "module": "shop.swordfish.backends.Backend",
    "URL": "redis://localhost:54323/7",
    "file": "swordfish/secret.sqlite3",
    "message": "Set the value to swordfish",
    "port": "54324",
}
SECRET_PLACES = """\
PASSWORD = "{0}"
MAIL_PASSWORD = os.environ.get("MAIL_PASSWORD", "{0}")
SECRET_KEY = os.environ.get("SECRET_KEY") or "{0}"
API_TOKEN = config("API_TOKEN", default="{0}")
STRIPE_API_KEY = os.environ["STRIPE_API_KEY"] if PASSWORD else "{0}"
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.postgresql",
        "USER": "{0}",
        "PASSWORD": "{0}",
        "HOST": os.environ.get("DB_PASSWORD", "{0}"),
        "PORT": connect("{0}", password="{0}"),
    }}
}}
PASSWORDS = {{"HOST": "{0}", "ENGINE": ["{0}"], "URL": {{"PORT": "{0}"}}}}
DB_HOST = os.environ.get("REDIS_PASSWORD") or "{0}"
EMAIL_BACKEND = EMAIL_PASSWORD = "{0}"
def connect(password="{0}", *rest, **more):
    if password == "{0}":
        return "{0}"
    return get("{0}", ["{0}"], api_key="{0}")
# the password is {0}
"""


def test_harmless_forms_are_hidden_in_places_of_secrets(tmp_path):
    (tmp_path / "manage.py").touch()
    settings = tmp_path / "shop" / "settings"
    settings.mkdir(parents=True)
    (settings.parent / "__init__.py").touch()
    (settings / "__init__.py").touch()
    for form, value in HARMLESS_FORMS.items():
        text = "import os\nfrom decouple import config\n" + SECRET_PLACES.format(value)
        (settings / f"{form}.py".lower()).write_text(text)
    leaks = []
    for command in (
        ["scan", "--all"],
        ["plan", "--only", "code"],
        ["plan", "--only", "code", "--remove-literals"],
        ["report", "--only", "code", "--format", "html"],
        ["report", "--only", "code", "--format", "markdown"],
        ["report", "--only", "code", "--format", "json"],
        ["apply", "--only", "code", "--yes", "--no-proof", "--json"],
        ["report", "--only", "code", "--format", "markdown"],
    ):
        done = shield(tmp_path, *command)
        assert done.returncode in {0, 1}, (command, done.stderr)
        output = done.stdout + done.stderr
        leaks += [
            (command, form) for form, text in HARMLESS_FORMS.items() if text.encode() in output
        ]
    assert leaks == []


@pytest.mark.parametrize(
    ("name", "content", "command"),
    [
        pytest.param(".env", "KEY=-----BEGIN KEY-----\n{}\n", [], id="unquoted PEM in .env"),
        pytest.param("-", "{}\n", ["--env-file", "-"], id="token on standard input"),
        pytest.param("-", "A='{}\n", ["--env-file", "-"], id="open quote on standard input"),
        pytest.param("x.env", "A={}\xff\n", ["--env-file", "x.env"], id="not UTF-8"),
        pytest.param("x.env", "{}=\n{} x\n", ["--env-file", "x.env"], id="name without a value"),
        pytest.param("shield.toml", '[app]\nname = "{}\n', [], id="open string in shield.toml"),
        pytest.param("shield.toml", "[app]\nname = {}\n", [], id="bare value in shield.toml"),
        pytest.param("shield.toml", '[app]\nname = "x"\n{} = 1\n', [], id="key in shield.toml"),
        pytest.param("shield.toml", '["{}"]\nname = "x"\n', [], id="table in shield.toml"),
        pytest.param(
            "shield.toml",
            '[app]\nname = "x"\n[[secret]]\nname = "{} !"\nenv = "A"\nkind = "generic"\n',
            [],
            id="secret name in shield.toml",
        ),
        pytest.param(
            "shield.toml",
            '[app]\nname = "x"\n[[secret]]\nname = "a"\nenv = "{} !"\nkind = "generic"\n',
            [],
            id="variable in shield.toml",
        ),
        pytest.param(
            "shield.toml",
            '[app]\nname = "x"\n[[secret]]\nname = "a"\nenv = "A"\nkind = "{}"\n',
            [],
            id="kind in shield.toml",
        ),
        pytest.param("shield.toml", '[app]\nname = "x"\ntags = {{ "{} !" = "x" }}\n', [], id="tag"),
    ],
)
@pytest.mark.parametrize("is_token", [True, False], ids=["token", "value"])
def test_errors_quote_no_value(tmp_path, name, content, command, is_token):
    # A name is quoted unless it is a credential by the rules of the scan.
    is_name = any(place in name + content for place in ("{} =", '["{}"]', '"{} !"'))
    canaries = Canaries()
    value = canaries.token("x") if is_token or is_name else canaries.value("x")
    app = tmp_path / "app"
    app.mkdir()
    (app / "settings.py").write_text('import os\nSECRET_KEY = os.environ["SECRET_KEY"]\n')
    text = content.replace("{}", value).replace("{{", "{").replace("}}", "}").encode("latin-1")
    if name != "-":
        (app / name).write_bytes(text)
    done = shield(app, "plan", "--only", "code", *command, stdin=text)
    assert canaries.found_in(done.stdout + done.stderr) == []


@pytest.mark.parametrize(
    ("arguments", "content"),
    [
        pytest.param(["apply", "x.json", "--yes"], '{"version": "{}"', id="invalid plan"),
        pytest.param(["apply", "x.json", "--yes"], '{"{}": 1}', id="wrong plan"),
        pytest.param(["apply", "x.json", "--yes"], "{}", id="text as a plan"),
        pytest.param(["scan", "--baseline", "x.json"], '{"{}": ', id="invalid baseline"),
        pytest.param(["scan", "--baseline", "x.json"], '{"{}": 1}', id="wrong baseline"),
        pytest.param(["draft", "--from-sarif", "x.json"], '{"runs": "{}"}', id="wrong SARIF"),
        pytest.param(["draft", "--from-sarif", "x.json"], "{} {", id="invalid SARIF"),
        pytest.param(["patterns", "list"], "a: {}\n b: [", id="invalid pattern"),
        pytest.param(["patterns", "list"], "{}: 1\n", id="wrong pattern"),
        pytest.param(["scan", "--repos", "x.json"], "https://u:{}@127.0.0.1:1/x\n", id="fleet"),
    ],
)
def test_invalid_files_are_not_quoted(tmp_path, arguments, content):
    canaries = Canaries()
    app = tmp_path / "app"
    (app / ".shield/patterns").mkdir(parents=True)
    text = content.replace("{}", canaries.token("x") if "{}: 1" in content else canaries.value("x"))
    target = app / (".shield/patterns/x.yaml" if arguments[0] == "patterns" else "x.json")
    target.write_text(text)
    (app / "settings.py").write_text('import os\nSECRET_KEY = os.environ["SECRET_KEY"]\n')
    done = shield(app, *arguments)
    assert done.returncode not in {0, 3}, done.stderr
    assert canaries.found_in(done.stdout + done.stderr) == []


COMMANDS_WITH_AWS = [
    ["draft", "--json"],
    ["plan", "--env-file", ".env"],
    ["plan", "--env-file", ".env", "--json", "-o", "plan.json"],
    ["apply", "plan.json", "--env-file", ".env", "--yes", "--allow-dirty"],
    ["plan", "--env-file", ".env"],
    ["plan", "--env-file", "other.env", "--conflict", "replace"],
    [
        *("apply", "--env-file", "other.env", "--conflict", "replace"),
        *("--yes", "--allow-dirty", "--json"),
    ],
    ["verify", "--run-settings"],
    ["verify", "--run-settings", "--json"],
    *(
        ["report", "--run-settings", "--format", output_format]
        for output_format in ("html", "markdown", "json", "oscal", "asff", "ocsf")
    ),
    ["audit"],
    ["audit", "--json"],
    *(
        ["export", "--repository", "acme/shop", "--format", name]
        for name in (*FORMATS, *PLATFORMS, *POLICIES)
    ),
    ["rotate", "--status"],
    ["rotate", "--status", "--json"],
    ["rotate", "--due", "--yes", "--json"],
    ["rotate", "mail-api-key", "--yes", "--json"],
    ["rotate", "django-secret-key", "--yes", "--json"],
    ["rotate", "--resume", "django-secret-key", "--yes"],
    ["verify"],
    ["pull", "--env-file", ".env", "--yes", "--json"],
    ["run", "--", str(shutil.which("true"))],
    ["rollback", "--yes", "--json"],
]


def test_no_command_with_aws_shows_a_value(tmp_path, aws):
    app = tmp_path / "app"
    app.mkdir()
    values = set(shield_helpers.make_app(app).values())
    text = (app / ".env").read_text()
    new = {value: secrets.token_hex(12) for value in values}
    for value, other in new.items():
        text = text.replace(value, other)
    (app / "other.env").write_text(text)
    (app / ".gitignore").write_text("*.env\n.env\n")
    issued = secrets.token_hex(12)
    values |= {*new.values(), issued}
    leaks = []
    for command in COMMANDS_WITH_AWS:
        before = snapshot(app)
        # `shield run` replaces its process.
        run = shield_helpers.shield if command[0] == "run" else shield_helpers.run
        done = run(*command, cwd=app, stdin=f"{issued}\n")
        assert done.code in {0, 1, INCOMPLETE}, (command, done.text)
        values |= values_in_aws()
        changed = {path: raw for path, raw in snapshot(app).items() if before.get(path) != raw}
        outputs = {path: raw for path, raw in changed.items() if not may_hold_values(path)}
        outputs[Path("the output")] = done.text.encode()
        for path, raw in outputs.items():
            leaks += [(command, path) for value in values if value.encode() in raw]
    assert leaks == []


def values_in_aws() -> set[str]:
    """Return the values of all secrets and their fields in the AWS emulator."""
    client = boto3.client("secretsmanager")
    found = set()
    for secret in client.list_secrets()["SecretList"]:
        text = client.get_secret_value(SecretId=secret["Name"])["SecretString"]
        fields = json.loads(text) if text.startswith("{") else {"": text}
        found |= {str(value) for value in fields.values() if len(str(value)) >= MIN_LENGTH}
    return found


def test_a_plan_has_no_default_of_a_call_that_it_lays_out_anew(tmp_path):
    """The values are recognized by the names of their variables, not by their form."""
    value = "correct horse battery staple of the year"
    (tmp_path / "settings.py").write_text(f"""import os
SOCIAL_AUTH_GOOGLE_OAUTH2_SECRET = os.environ.get("SOCIAL_AUTH_GOOGLE_OAUTH2_SECRET", "{value}")
DATABASES = {{"default": {{"PASSWORD": os.environ.get(
    "DATABASE_PASSWORD",
    "{value}",
)}}}}
EMAIL_HOST_PASSWORD = (
    os.environ.get("EMAIL_HOST_PASSWORD")
    or "{value}"
)
""")
    (tmp_path / "manage.py").write_text('"DJANGO_SETTINGS_MODULE"\n')
    assert shield(tmp_path, "draft").returncode == 0
    for arguments in ([], ["--json"], ["-o", "plan.json"]):
        done = shield(tmp_path, "plan", "--only", "code", *arguments)
        shown = done.stdout + done.stderr
        assert done.returncode == 0, shown
        assert value.encode() not in shown
    assert b"get_secret" in (tmp_path / "plan.json").read_bytes()
    assert value.encode() not in (tmp_path / "plan.json").read_bytes()
