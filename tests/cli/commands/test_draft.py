from __future__ import annotations

import pytest
from shield_helpers import make_app, run, shield

UNMOVED = (
    "1 read of secrets will not be rewritten (settings.py:3); shield plan --only code says why"
)
LIBRARY = "SECRET_KEY: not in the app: the star import of corp.conf probably sets it"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("X = os.environ['API_KEY']\n", "", id="all can be moved"),
        pytest.param(
            "Y = os.environ['A_KEY']\nX = dict(os.environ)['API_KEY']\n", UNMOVED, id="a copy"
        ),
        pytest.param(
            "from corp.conf import *\nY = os.environ['A_KEY']\nINSTALLED_APPS = []\nX = os.environ['API_KEY']\n",
            LIBRARY,
            id="library",
        ),
        pytest.param(
            "def in_aws(name):\n    return sm.get_secret_value(SecretId=name)\nY = in_aws('y')\nX = os.environ['API_KEY']\n",
            "settings.py:4: in_aws() already reads AWS Secrets Manager",
            id="in AWS already",
        ),
        pytest.param(
            "X = os.environ['API_KEY']\nc = boto3.client(\n    'ssm', 'eu-west-2')\nv = c.get_parameter(Name='x')\n",
            "settings.py:3: a boto3 client already reads AWS Systems Manager Parameter Store\n",
            id="parameters",
        ),
        pytest.param(
            "X = os.environ['API_KEY']\nc = s.client(service_name='secretsmanager')\nv = c.get_secret_value(SecretId='x')\n",
            "settings.py:3: a boto3 client already reads AWS Secrets Manager\n",
            id="secrets",
        ),
        pytest.param(
            "X = os.environ['API_KEY']\nc = boto3.client('ssm')\nc.send_command()\n",
            "",
            id="commands",
        ),
    ],
)
def test_names_what_stays_in_the_environment(tmp_path, text, line):
    (tmp_path / "settings.py").write_text(f"import os\n{text}")
    done = shield("draft", cwd=tmp_path)
    first, _, rest = done.err.partition("\n")
    assert first.endswith("review it, then run shield plan")
    assert rest.startswith(line) if line else not rest


def test_names_a_module_that_several_settings_import_once(tmp_path):
    """Settings for development and for production may both import the same local file."""
    folder = tmp_path / "shop/settings"
    folder.mkdir(parents=True)
    for package in (folder, folder.parent):
        (package / "__init__.py").touch()
    for name in ("dev", "production"):
        text = "import os\nfrom .local import *\nSECRET_KEY = os.environ['SECRET_KEY']\n"
        (folder / f"{name}.py").write_text(f"{text}INSTALLED_APPS = []\n")
    done = run("draft", cwd=tmp_path)
    assert done.code == 0
    line = "SECRET_KEY: shop.settings.local, which is not in the app, may set another value\n"
    assert done.err.count(line) == 1


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("A = os.getenv('FONT_TOKEN', '1234567')\n", "font-token", id="constant"),
        pytest.param(
            "".join(f"X{i} = os.getenv('A{i}_TOKEN', 'x{i}')\n" for i in range(7)),
            "a0-token, a1-token, a2-token, a3-token, a4-token and 2 others",
            id="many",
        ),
        pytest.param("A = os.getenv('FONT_TOKEN', '')\n", "", id="empty"),
        pytest.param("A = os.environ['FONT_TOKEN']\n", "", id="none"),
        pytest.param(
            "A = os.getenv('FONT_TOKEN', 'x')\nB = os.environ['FONT_TOKEN']\n", "", id="also read"
        ),
        pytest.param(
            "import environ\nE = environ.Env(FONT_TOKEN=(str, 'x'))\nA = E('FONT_TOKEN')\n",
            "font-token",
            id="schema",
        ),
        pytest.param(
            "A = os.getenv('BROKER_URL', 'amqp://localhost')\n", "broker-url", id="URL"
        ),
        pytest.param(
            "A = os.getenv('FONT_TOKEN', 'x')\nB = os.getenv('FONT_TOKEN')\n",
            "font-token",
            id="also read without a default",
        ),
        pytest.param("INSTALLED_APPS = []\nSECRET_KEY = os.getenv('SECRET_KEY', 'x')\n", "",
            id="Django"),
    ],
)  # fmt: skip
def test_names_required_secrets_with_a_default(tmp_path, text, names):
    """No constant default of a key or password serves production."""
    (tmp_path / "settings.py").write_text(f"import os\n{text}")
    planned = run("plan", "--only", "code", "--json", cwd=tmp_path)
    assert planned.out.count("required in production") == bool(names)
    _, _, rest = shield("draft", cwd=tmp_path).err.partition("\n")
    line = (
        f"{names}: required in production, although the code has a default; to use the default "
        "there, set optional = true in shield.toml\n"
    )
    assert rest == (line if names else "")
    assert shield("draft", cwd=tmp_path).err.count("required in production") == 0
    planned = run("plan", "--only", "code", "--json", cwd=tmp_path)
    assert planned.out.count("required in production") == bool(names)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("X = os.environ['DEBUG']\n", id="not a secret"),
        pytest.param("X = dict(os.environ)['API_KEY']\n", id="not rewritten"),
    ],
)
def test_writes_no_empty_manifest(tmp_path, text):
    (tmp_path / "settings.py").write_text(f"import os\n{text}")
    done = shield("draft", cwd=tmp_path)
    assert done.code == 0
    assert done.err.startswith("no secrets found that can be moved; shield.toml was not written")
    assert not (tmp_path / "shield.toml").exists()


@pytest.mark.parametrize(
    ("code", "variable", "region"),
    [
        pytest.param("", "", "us-east-1", id="default"),
        pytest.param("", "eu-west-3", "eu-west-3", id="of the user"),
        pytest.param("", "bad region", "us-east-1", id="invalid"),
        pytest.param("AWS_REGION = 'eu-west-2'\n", "eu-west-3", "eu-west-2", id="of the app"),
        pytest.param(
            "c = client(region_name='eu-west-2')\n", "eu-west-3", "eu-west-2", id="of a client"
        ),
    ],
)
def test_writes_the_region(tmp_path, code, variable, region):
    (tmp_path / "settings.py").write_text(f"import os\n{code}X = os.environ['API_KEY']\n")
    assert shield("draft", cwd=tmp_path, env={"AWS_REGION": variable}).code == 0
    assert f'region = "{region}"' in (tmp_path / "shield.toml").read_text()


def test_draft_and_plan_name_the_code_that_reads_aws(tmp_path):
    (tmp_path / "settings.py").write_text("import os\nX = os.environ['API_KEY']\n")
    hook = tmp_path / "deploy/hook.py"
    hook.parent.mkdir()
    hook.write_text("c = boto3.client('ssm')\nv = c.get_parameters_by_path(Path='/')\n")
    text = "a boto3 client already reads AWS Systems Manager Parameter Store"
    assert f"deploy/hook.py:1: {text}\n" in shield("draft", cwd=tmp_path).err
    (tmp_path / "tests").mkdir()
    hook.rename(tmp_path / "tests/test_hook.py")
    assert text not in shield("draft", cwd=tmp_path).err
    (tmp_path / "tests/test_hook.py").rename(hook)
    shown = " ".join(shield("plan", "--only", "code", cwd=tmp_path).out.split())
    assert f"deploy/hook.py:1 {text}" in shown


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        pytest.param(["shop/views.py"], ["1 file not scanned: shop/views.py"], id="module"),
        pytest.param(
            ["shop/a.py", "shop/settings.py"],
            [
                "2 files not scanned: shop/settings.py, shop/a.py",
                "settings file shop/settings.py: not parsed, line 3: ",
            ],
            id="settings first",
        ),
        pytest.param(
            [f"shop/m{number}.py" for number in range(7)],
            [
                "7 files not scanned: shop/m0.py, shop/m1.py, shop/m2.py, shop/m3.py, shop/m4.py and 2 others"
            ],
            id="many",
        ),
    ],
)
def test_warns_about_files_that_are_not_parsed(tmp_path, files, lines):
    make_app(tmp_path)
    for path in files:
        (tmp_path / path).write_text("import os\nA = os.environ['A_TOKEN']\nclass (\n")
    done = run("draft", cwd=tmp_path)
    assert done.code == 0
    for line in lines:
        assert line in done.err
    assert "or run shield with the Python version of the app" in done.err
    assert done.err.startswith("warning: ")


def test_says_first_that_the_settings_are_not_parsed(tmp_path):
    (tmp_path / "manage.py").write_text("import os\n'DJANGO_SETTINGS_MODULE', 'shop.settings'\n")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/settings.py").write_text("import os\nA = os.environ['A_TOKEN']\nclass (\n")
    done = run("draft", cwd=tmp_path)
    first, _, rest = done.err.partition("\n")
    assert first.startswith("warning: 1 file not scanned: shop/settings.py; ")
    assert rest.index(": not parsed, line 3: ") < rest.index("no secrets found that can be moved")
