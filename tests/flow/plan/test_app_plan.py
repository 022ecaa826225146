from __future__ import annotations

import json

import msgspec
import pytest
from shield_helpers import run, shield

from shield_ai.aws.desired.secrets import secret_settings
from shield_ai.flow.plan.app_plan import make_plan
from shield_ai.flow.plan.aws_plan import AwsInputs
from shield_ai.flow.plan.changelog import CHANGELOG_STEP
from shield_ai.flow.plan.code_inputs import CodeInputs
from shield_ai.flow.plan.compose_switches import IMAGE
from shield_ai.flow.plan.manual_steps import (
    DOCUMENT_STEP,
    HIDE_INPUT_STEP,
    HOOKS,
    OTHER_KEY,
    OTHER_PROVIDER,
    SIGN_IN,
    SONAR_STEP,
    sign_in_steps,
)
from shield_ai.model.errors import AwsError, OutsideAppError, UnsafePlanError
from shield_ai.model.finding import Kind
from shield_ai.model.locator import EnvVar
from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.model.manifest_writer import render_manifest
from shield_ai.model.plan import Action
from shield_ai.model.resource import Live, SecretState
from shield_ai.project.tree import Tree
from shield_ai.scan.python.app_scan import scan_app

APP = App(name="shop", region="eu-west-1", prefix="shop/", tags={"team": "web"})
KEY = Secret(name="django-secret-key", kind=Kind.DJANGO_SECRET_KEY, env="SECRET_KEY")
GENERATED_KEY = msgspec.structs.replace(KEY, generate=True)
MAIL = Secret(name="mail-key", env="MAIL_KEY")
DSN = Secret(name="sentry-dsn", env="SENTRY_DSN", optional=True)
DB = Secret(
    name="db",
    kind=Kind.DATABASE,
    fields={"username": "DB_USER", "password": "DB_PASSWORD", "port": "DB_PORT"},
)
OURS = {"managed-by": "shield-ai", "app": "shop"}


def live(**states):
    secrets = {f"shop/{name.replace('_', '-')}": state for name, state in states.items()}
    return Live(account="123456789012", region="eu-west-1", secrets=secrets)


def state(*, deleted=False, **tags):
    settings = {**secret_settings(MAIL, Manifest(app=APP)), "tags": {"team": "web", **tags}}
    return SecretState(
        arn="arn:x",
        tags=tags,
        deleted=deleted,
        versions={"1": ("AWSCURRENT",)} if deleted else {},
        settings=settings,
    )


def made(root, manifest, account, available=(), *, code=False):
    tree = Tree(root)
    result = scan_app(root, manifest_variables=tuple(manifest.variables()))
    code_inputs = CodeInputs(
        accessor_import=result.facts.accessor_import(manifest),
        has_folder=tree.has_folder,
        real_path=tree.real_path,
        calls=result.call_sites,
    )
    locators = {name: EnvVar(name) for name in available}
    return make_plan(
        manifest,
        result.sites,
        tree.read,
        constants=result.constants,
        code=code_inputs if code else None,
        aws=AwsInputs(live=account, available=locators) if account else None,
    )


def of(root, secret, account, available=()):
    result = made(root, Manifest(app=APP, secret=(secret,)), account, available)
    return {
        c.name: (c.action, [(o.field, o.locator) for o in c.origins]) for c in result.changes
    }, result.missing


@pytest.mark.parametrize(
    ("secret", "account", "available", "changes", "missing"),
    [
        pytest.param(MAIL, live(), ["MAIL_KEY"], {"shop/mail-key": (Action.CREATE, [("", "env:MAIL_KEY")])}, (), id="new"),
        pytest.param(MAIL, live(mail_key=state(**OURS)), [], {"shop/mail-key": (Action.KEEP, [])}, (), id="unchanged"),
        pytest.param(MAIL, live(mail_key=state()), ["MAIL_KEY"], {"shop/mail-key": (Action.KEEP, [])}, (), id="created manually"),
        pytest.param(MAIL, live(mail_key=state(deleted=True, **OURS)), ["MAIL_KEY"], {"shop/mail-key": (Action.RESTORE, [("", "env:MAIL_KEY")])}, (), id="scheduled for deletion"),
        pytest.param(MAIL, live(mail_key=state(deleted=True, **OURS)), [], {"shop/mail-key": (Action.RESTORE, [])}, (), id="scheduled for deletion, no source"),
        pytest.param(MAIL, live(), [], {}, ("mail-key (MAIL_KEY)",), id="no value"),
        pytest.param(DSN, live(), [], {}, (), id="optional, no value"),
        pytest.param(KEY, live(), [], {}, ("django-secret-key (SECRET_KEY)",), id="Django key without a value"),
        pytest.param(GENERATED_KEY, live(), [], {"shop/django-secret-key": (Action.CREATE, [("", "generate:django-secret-key")])}, (), id="generated Django key"),
        pytest.param(KEY, live(), ["SECRET_KEY"], {"shop/django-secret-key": (Action.CREATE, [("", "env:SECRET_KEY")])}, (), id="Django key with a value"),
        pytest.param(DB, live(), ["DB_USER", "DB_PASSWORD", "DB_PORT"], {"shop/db": (Action.CREATE, [("username", "env:DB_USER"), ("password", "env:DB_PASSWORD"), ("port", "env:DB_PORT")])}, (), id="all fields"),
        pytest.param(DB, live(), ["DB_USER"], {}, ("db (DB_PASSWORD, DB_PORT)",), id="missing fields"),
    ],
)  # fmt: skip
def test_plans_a_secret(tmp_path, secret, account, available, changes, missing):
    assert of(tmp_path, secret, account, available) == (changes, missing)


SETTINGS = """\
import os
SECRET_KEY = "literal in the code"
MAIL_KEY = "literal of the mail service"
DATABASES = {"default": {
    "USER": os.environ["DB_USER"], "PASSWORD": os.environ.get("DB_PASSWORD", "dev"), "PORT": os.environ.get("DB_PORT", "5432"),
}}
INSTALLED_APPS = []
"""


@pytest.mark.parametrize(
    ("secret", "available", "locators"),
    [
        pytest.param(MAIL, [], [("", "code:settings.py")], id="a literal"),
        pytest.param(MAIL, ["MAIL_KEY"], [("", "env:MAIL_KEY")], id="source before literal"),
        pytest.param(GENERATED_KEY, [], [("", "generate:django-secret-key")], id="no literal Django key"),
        pytest.param(DB, ["DB_USER", "DB_PASSWORD"], [("username", "env:DB_USER"), ("password", "env:DB_PASSWORD"), ("port", "code:settings.py")], id="default of a port"),
    ],
)  # fmt: skip
def test_finds_values_in_the_code(tmp_path, secret, available, locators):
    (tmp_path / "settings.py").write_text(SETTINGS)
    changes, missing = of(tmp_path, secret, live(), available)
    ((_, origins),) = changes.values()
    assert [(field, locator.partition("#")[0]) for field, locator in origins] == locators
    assert missing == ()


MAIL_SETTINGS = "import os\nUSER = os.getenv('EMAIL_HOST_USER', 'shop')\nPASSWORD = os.getenv('EMAIL_HOST_PASSWORD', '')\n"


@pytest.mark.parametrize(
    ("optional", "available", "origins", "missing"),
    [
        pytest.param(True, [], None, (), id="only defaults"),
        pytest.param(True, ["EMAIL_HOST_PASSWORD"], ["username code", "password env"], (), id="password with default user"),
        pytest.param(True, ["EMAIL_HOST_USER"], ["username env"], (), id="user without password"),
        pytest.param(False, ["EMAIL_HOST_USER"], ["username env"], (), id="both have a default"),
    ],
)  # fmt: skip
def test_a_pair_with_one_value(tmp_path, optional, available, origins, missing):
    (tmp_path / "settings.py").write_text(MAIL_SETTINGS)
    fields = {"username": "EMAIL_HOST_USER", "password": "EMAIL_HOST_PASSWORD"}
    found, lacking = of(
        tmp_path, Secret(name="mail", fields=fields, optional=optional), live(), available
    )
    got = [
        f"{field} {locator.partition(':')[0]}"
        for _, all_of in found.values()
        for field, locator in all_of
    ] or None
    assert (got, lacking) == (origins, missing)


def test_names_the_missing_variable_of_a_pair(tmp_path):
    (tmp_path / "settings.py").write_text(
        MAIL_SETTINGS.replace(
            "os.getenv('EMAIL_HOST_PASSWORD', '')", "os.environ['EMAIL_HOST_PASSWORD']"
        )
    )
    fields = {"username": "EMAIL_HOST_USER", "password": "EMAIL_HOST_PASSWORD"}
    assert of(tmp_path, Secret(name="mail", fields=fields), live(), ["EMAIL_HOST_USER"]) == (
        {},
        ("mail (EMAIL_HOST_PASSWORD)",),
    )


def test_does_not_store_ambiguous_values(tmp_path):
    (tmp_path / "settings").mkdir()
    for name, value in {"a": "k3y-of-one", "b": "k3y-of-two"}.items():
        (tmp_path / f"settings/{name}.py").write_text(f"X = 1\nMAIL_KEY = '{value}'\n")
    result = made(tmp_path, Manifest(app=APP, secret=(MAIL,)), live())
    assert (result.changes, result.missing) == ((), ("mail-key (MAIL_KEY)",))
    [skip] = result.skipped
    assert (skip.path, skip.line, skip.name) == ("settings/b.py", 2, "MAIL_KEY")
    assert skip.reason == "settings/a.py:2 has another value: set one with --env-file"
    assert [
        c.action
        for c in made(tmp_path, Manifest(app=APP, secret=(MAIL,)), live(), ["MAIL_KEY"]).changes
    ] == [Action.CREATE]
    (tmp_path / "settings/b.py").write_text("MAIL_KEY = 'k3y-' 'of-one'\n")
    assert [
        c.action for c in made(tmp_path, Manifest(app=APP, secret=(MAIL,)), live()).changes
    ] == [Action.CREATE]


def test_does_not_store_the_default_of_a_password(tmp_path):
    (tmp_path / "settings.py").write_text(SETTINGS)
    assert of(tmp_path, DB, live(), ["DB_USER"]) == ({}, ("db (DB_PASSWORD)",))


@pytest.mark.parametrize(
    ("variable", "values", "code", "is_advised"),
    [
        pytest.param("AWS_SECRET_ACCESS_KEY", [], True, True, id="code"),
        pytest.param("AWS_SECRET_ACCESS_KEY", ["AWS_SECRET_ACCESS_KEY"], False, True, id="value"),
        pytest.param("AWS_SECRET_ACCESS_KEY", [], False, False, id="nothing"),
        pytest.param("MAIL_KEY", ["MAIL_KEY"], True, False, id="another key"),
    ],
)
def test_says_that_boto3_signs_in_with_a_moved_key(tmp_path, variable, values, code, is_advised):
    (tmp_path / "settings.py").write_text(f"import os\nKEY = os.environ['{variable}']\n")
    (tmp_path / "manage.py").touch()
    manifest = Manifest(app=APP, secret=(Secret(name="a-key", env=variable),))
    steps = made(tmp_path, manifest, live(), values, code=code).next_steps
    assert steps == ((SIGN_IN,) if is_advised else ())


def test_says_that_the_key_may_be_of_another_provider(tmp_path):
    code = "import os\nKEY = os.environ['AWS_SECRET_ACCESS_KEY']\nAWS_S3_ENDPOINT_URL = 'x'\n"
    (tmp_path / "settings.py").write_text(code)
    (tmp_path / "manage.py").touch()
    app = App(name="shop", settings=("settings.py",), runtime="aws_secrets.py")
    secret = Secret(name="a-key", env="AWS_SECRET_ACCESS_KEY")
    steps = made(tmp_path, Manifest(app=app, secret=(secret,)), None, code=True).next_steps
    assert steps == (OTHER_PROVIDER.format("settings.py"),)


@pytest.mark.parametrize("endpoint", ["AWS_S3_ENDPOINT_URL = 'x'", ""])
def test_says_that_boto3_signs_in_with_the_key_of_the_storage(tmp_path, endpoint):
    (tmp_path / "manage.py").touch()
    code = "import os\nMAIL = os.environ['MAIL_KEY']\nKEY = os.environ['AWS_SECRET_ACCESS_KEY']\n"
    (tmp_path / "settings.py").write_text(code + endpoint + "\n")
    assert run("draft", cwd=tmp_path).code == 0
    done = run("plan", "--only", "code", cwd=tmp_path)
    step = OTHER_KEY.format("settings.py")
    assert (step in " ".join(done.out.split())) is bool(endpoint)


def test_does_not_advise_to_unset_a_key_that_other_code_reads(tmp_path):
    (tmp_path / "settings.py").write_text("AWS_S3_ENDPOINT_URL = 'x'\n")
    app = App(name="shop", settings=("settings.py",), runtime="aws_secrets.py")
    key = "AWS_SECRET_ACCESS_KEY"
    manifest = Manifest(app=app, secret=(Secret(name="a-key", env=key),))
    assert list(sign_in_steps(manifest, Tree(tmp_path).read, [key])) == [SIGN_IN]


def test_refuses_secrets_of_another_app(tmp_path):
    theirs = state(**{**OURS, "app": "other"})
    with pytest.raises(UnsafePlanError, match="belongs to the app other"):
        of(tmp_path, MAIL, live(mail_key=theirs), ["MAIL_KEY"])
    with pytest.raises(AwsError, match="scheduled for deletion"):
        of(tmp_path, MAIL, live(mail_key=state(deleted=True)), ["MAIL_KEY"])


def test_plans_the_tags_and_the_policy_file(tmp_path):
    result = made(tmp_path, Manifest(app=APP, secret=(MAIL,)), live(), ["MAIL_KEY"])
    (change,) = result.changes
    assert change.settings["tags"] == {"team": "web", **OURS}
    assert change.permissions == ("secretsmanager:CreateSecret", "secretsmanager:TagResource")
    assert (result.account, result.region) == ("123456789012", "eu-west-1")
    assert [file.path for file in result.files] == ["aws/iam-policy-secrets-manager.json"]


def test_plans_only_the_code(tmp_path):
    (tmp_path / "settings.py").write_text(SETTINGS)
    manifest = Manifest(
        app=App(name="shop", settings=("settings.py",), runtime="aws_secrets.py"), secret=(MAIL, DB)
    )
    result = made(tmp_path, manifest, None, code=True)
    assert result.changes == ()
    assert {"settings.py", "shield.toml", "aws_secrets.py"} <= {file.path for file in result.files}
    assert [skip.name for skip in result.skipped if skip.path == "settings.py"] == ["SECRET_KEY"]
    (tmp_path / "shield.toml").write_text(render_manifest(manifest))
    assert "shield.toml" not in {
        file.path for file in made(tmp_path, manifest, None, code=True).files
    }


@pytest.mark.parametrize("name", ["requirements.txt", ".gitignore", ".isort.cfg", "ruff.toml"])
def test_leaves_links_out_of_the_app(tmp_path, name):
    app = tmp_path / "app"
    app.mkdir()
    (app / "settings.py").write_text('import os\nMAIL_KEY = os.environ["MAIL_KEY"]\n')
    (tmp_path / name).write_text("")
    (app / name).symlink_to(tmp_path / name)
    result = made(app, Manifest(app=APP, secret=(MAIL,)), None, code=True)
    assert name not in [file.path for file in result.files]
    assert "settings.py" in [file.path for file in result.files]
    reasons = {item.path: item.reason for item in result.skipped}
    expected = "a link to a file outside the app: edit it yourself"
    assert reasons.get(name, expected) == expected


def test_refuses_a_map_file_that_is_a_link_out_of_the_app(tmp_path):
    app = tmp_path / "app"
    app.mkdir()
    (app / "settings.py").write_text('import os\nMAIL_KEY = os.environ["MAIL_KEY"]\n')
    (tmp_path / "keys.py").write_text("")
    (app / "keys.py").symlink_to(tmp_path / "keys.py")
    manifest = Manifest(app=App(name="shop", runtime="keys.py"), secret=(MAIL,))
    with pytest.raises(OutsideAppError, match=r"keys\.py is outside"):
        made(app, manifest, None, code=True)


def test_edits_a_file_once_that_has_a_link(tmp_path):
    (tmp_path / "real.py").write_text('import os\nMAIL_KEY = os.environ["MAIL_KEY"]\n')
    (tmp_path / "settings.py").symlink_to("real.py")
    result = made(tmp_path, Manifest(app=APP, secret=(MAIL,)), None, code=True)
    paths = [file.path for file in result.files]
    assert "real.py" in paths
    assert "settings.py" not in paths


def test_edits_an_ignore_file_of_git_and_docker_once(tmp_path):
    (tmp_path / "settings.py").write_text('import os\nMAIL_KEY = os.environ["MAIL_KEY"]\n')
    (tmp_path / ".gitignore").write_text("*.pyc\n")
    (tmp_path / ".dockerignore").symlink_to(".gitignore")
    result = made(tmp_path, Manifest(app=APP, secret=(MAIL,)), None, code=True)
    edited = [file.path for file in result.files if file.path.endswith("ignore")]
    assert edited == [".dockerignore"]


def test_names_the_hooks_that_would_change_the_copy_of_the_runtime(tmp_path):
    (tmp_path / "settings.py").write_text('import os\nMAIL_KEY = os.environ["MAIL_KEY"]\n')
    config = "repos: [{hooks: [{id: pyupgrade}, {id: autoflake}]}]\n"
    (tmp_path / ".pre-commit-config.yaml").write_text(config)
    app = App(name="shop", runtime="aws_secrets.py")
    result = made(tmp_path, Manifest(app=app, secret=(MAIL,)), None, code=True)
    assert HOOKS.format("autoflake and pyupgrade", "_shield_runtime") in result.next_steps


@pytest.mark.parametrize(
    ("text", "is_advised"),
    [
        ("sonar.exclusions=**/migrations/*\n", True),
        ("sonar.exclusions=**/_shield_runtime/**\n", False),
    ],
)
@pytest.mark.parametrize(
    ("path", "copy"),
    [
        pytest.param("sonar-project.properties", "backend/shop/_shield_runtime/", id="root"),
        pytest.param("backend/sonar-project.properties", "shop/_shield_runtime/", id="folder"),
    ],
)
def test_names_the_exclusions_of_sonarqube(tmp_path, path, copy, text, is_advised):
    (tmp_path / "backend").mkdir()
    (tmp_path / "settings.py").write_text('import os\nMAIL_KEY = os.environ["MAIL_KEY"]\n')
    (tmp_path / path).write_text(text)
    app = App(name="shop", runtime="backend/shop/aws_secrets.py")
    result = made(tmp_path, Manifest(app=app, secret=(MAIL,)), None, code=True)
    step = SONAR_STEP.format(path, copy)
    assert (step in result.next_steps) == is_advised


@pytest.mark.parametrize(
    ("readme", "is_advised"),
    [
        pytest.param("| MAIL_KEY | the key |\n", True, id="table"),
        pytest.param("| DEBUG | off |\n", False, id="other variables"),
        pytest.param("| MAIL_KEY |\n| USE_AWS_SECRETS |\n", False, id="documented"),
    ],
)
def test_names_the_variables_that_the_readme_lacks(tmp_path, readme, is_advised):
    (tmp_path / "settings.py").write_text('import os\nMAIL_KEY = os.environ["MAIL_KEY"]\n')
    (tmp_path / "README.md").write_text(readme)
    app = App(name="shop", runtime="aws_secrets.py")
    result = made(tmp_path, Manifest(app=app, secret=(MAIL,)), None, code=True)
    assert (DOCUMENT_STEP.format("README.md", "DJANGO_ENV") in result.next_steps) == is_advised


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param({"docs/a.md": "A_KEY B_KEY C_KEY", "docs/b/c.rst": "A_KEY B_KEY C_KEY D_KEY"}, "docs/b/c.rst, docs/a.md", id="most variables"),
        pytest.param({"docs/configuration.md": "A_KEY", "docs/a.md": "B_KEY"}, "docs/configuration.md", id="configuration"),
        pytest.param({"docs/a.rst": "Environment variables: A_KEY, B_KEY"}, "docs/a.rst", id="title"),
        pytest.param({"docs/a.rst": "DEBUG", "docs/conf.py": ""}, "docs", id="no page"),
        pytest.param({"docs/hugo.toml": "baseURL = '/'"}, "docs", id="Hugo"),
        pytest.param({"docs/a.md": "A_KEY"}, "", id="one variable"),
    ],
)  # fmt: skip
def test_names_the_documents_that_list_variables(tmp_path, files, found):
    code = "".join(f"{name}_KEY = os.environ['{name}_KEY']\n" for name in "ABCDE")
    for path, text in {"manage.py": "", "settings.py": f"import os\n{code}", **files}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    steps = json.loads(shield("plan", "--only", "code", "--json", cwd=tmp_path).out)["next_steps"]
    step = DOCUMENT_STEP.format(found, "AWS_SECRETS_ENV")
    assert [text for text in steps if "USE_AWS_SECRETS" in text] == [step] * bool(found)


def test_names_a_changelog_with_unreleased_changes(tmp_path):
    (tmp_path / "settings.py").write_text('import os\nMAIL_KEY = os.environ["MAIL_KEY"]\n')
    (tmp_path / "CHANGELOG.md").write_text("## Unreleased\n")
    app = App(name="shop", runtime="aws_secrets.py")
    result = made(tmp_path, Manifest(app=app, secret=(MAIL,)), None, code=True)
    assert CHANGELOG_STEP.format("CHANGELOG.md", "Unreleased") in result.next_steps


IMAGE_LINES = (
    "FROM python:3.13\nARG API_KEY=abc\nENV API_KEY={} \\\n  PORT=80\n"
    "RUN API_KEY=x python manage.py collectstatic\n"
)


@pytest.mark.parametrize(
    ("name", "value", "is_advised"),
    [
        pytest.param("Dockerfile", "k3y-4711", True, id="value"),
        pytest.param("Dockerfile", "changeme", True, id="placeholder"),
        pytest.param("Dockerfile", "$API_KEY", False, id="argument"),
        pytest.param("Dockerfile", "", False, id="empty"),
        pytest.param("Dockerfile.dev", "k3y-4711", False, id="development"),
    ],
)
def test_advises_to_remove_the_value_of_a_secret_from_an_image(tmp_path, name, value, is_advised):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text("import os\nAPI_KEY = os.environ['API_KEY']\n")
    (tmp_path / name).write_text(IMAGE_LINES.format(value))
    steps = json.loads(shield("plan", "--only", "code", "--json", cwd=tmp_path).out)["next_steps"]
    assert [step for step in steps if "remove" in step] == [
        IMAGE.format("API_KEY", name, 3)
    ] * is_advised


@pytest.mark.parametrize(
    ("module", "config", "is_advised"),
    [
        pytest.param("pydantic_settings", "", True, id="pydantic 2"),
        pytest.param("pydantic_settings", ", hide_input_in_errors=True", False, id="hidden"),
        pytest.param("pydantic.v1", "", False, id="pydantic 1"),
    ],
)
def test_values_in_errors_of_pydantic(tmp_path, module, config, is_advised):
    settings = f"from {module} import BaseSettings\n\n\nclass Settings(BaseSettings{config}):\n"
    (tmp_path / "config.py").write_text(f"{settings}    api_key: str\n")
    (tmp_path / "requirements.txt").write_text("pydantic-settings\n")
    steps = json.loads(shield("plan", "--only", "code", "--json", cwd=tmp_path).out)["next_steps"]
    found = [step for step in steps if "hide_input_in_errors" in step]
    assert found == ([HIDE_INPUT_STEP.format("config.py")] if is_advised else [])


def test_pins_a_version_of_boto3_for_the_python_of_the_image(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python:3.7-alpine\n")
    (tmp_path / "requirements.txt").write_text("flask==2.2.5\nredis==5.0.8\n")
    (tmp_path / "config.py").write_text("import os\nAPI_KEY = os.environ['API_KEY']\n")
    assert "+boto3==1.33.13\n" in shield("plan", "--only", "code", cwd=tmp_path).text
