from __future__ import annotations

import json
import re

import pytest
from shield_helpers import shield

from shield_ai.model.skip import SkipId

SETTINGS = "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n"


@pytest.mark.parametrize(
    ("body", "skipped", "harmless"),
    [
        pytest.param("    api_token: str = 'k3y-of-a-test'\n", False, False, id="moved"),
        pytest.param("    api_token: str = 'api_token'\n", False, False, id="moved, a label"),
        pytest.param(
            "    api_token: str = 'api_token'\n    @classmethod\n"
            "    def settings_customise_sources(cls): ...\n",
            True,
            False,
            id="skipped, a label",
        ),
    ],
)
def test_a_place_is_in_one_list(tmp_path, body, skipped, harmless):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/config.py").write_text(SETTINGS + body)
    shield("draft", cwd=tmp_path)
    text = shield("plan", "--only", "code", cwd=tmp_path).text
    assert ("\nskipped\n  shop/config.py" in f"\n{text}") == skipped, text
    assert ("not secrets" in text) == harmless, text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("SECRET_KEY = os.environ.get('SECRET_KEY', 'weak')", "SECRET_KEY:2", id="get"),
        pytest.param("SECRET_KEY = os.environ.get('SECRET_KEY') or 'weak'", "SECRET_KEY:2", id="or"),
        pytest.param("STRIPE_KEY = 'k3y-of-a-test-0123456789'", "STRIPE_KEY:2", id="hardcoded"),
        pytest.param("API_TOKEN = os.environ.get('API_TOKEN', '')", "", id="empty"),
        pytest.param("API_TOKEN = os.environ['API_TOKEN']", "", id="without"),
        pytest.param("REDIS_URL = os.environ.get('REDIS_URL', 'redis://localhost')", "", id="harmless"),
    ],
)  # fmt: skip
def test_a_plan_lists_the_defaults_that_stay(tmp_path, text, names):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text(f"import os\n{text}\n")
    shown = shield("plan", "--only", "code", cwd=tmp_path).text
    section = f"defaults that stay in the code\n  config.py:2  {names.partition(':')[0]}\n"
    assert (section in shown) == bool(names), shown
    assert "skipped" not in shown.rpartition("plan:")[2]
    done = shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)
    option = "next: `shield apply --remove-literals` moves STRIPE_KEY from the code to .env, if the app loads that file\n"
    assert done.err.endswith(option) == ("STRIPE_KEY" in names), done.text
    assert "defaults that stay" not in shield("plan", "--only", "code", cwd=tmp_path).text


SERVICE = "services:\n  web:\n    build: .\n    environment:\n"


@pytest.mark.parametrize(
    ("name", "compose", "is_unset"),
    [
        pytest.param("compose.yml", f"{SERVICE}      - MAIL_KEY\n", True, id="another"),
        pytest.param("compose.yml", f"{SERVICE}      - MAIL_KEY\n      - API_TOKEN\n", False, id="set"),
        pytest.param("compose.yml", f"{SERVICE}      - DEBUG\n", False, id="no variable of a secret"),
        pytest.param("compose.dev.yml", f"{SERVICE}      - MAIL_KEY\n", False, id="development"),
        pytest.param("compose.yml", f"{SERVICE}      - MAIL_KEY\n    env_file: prod.env\n", False, id="env file"),
        pytest.param("compose.yml", f"{SERVICE}      - MAIL_KEY\n    command: sh -c 'API_TOKEN=x app'\n", False, id="unexplained"),
    ],
)  # fmt: skip
def test_names_defaults_of_variables_that_no_deployment_file_sets(
    tmp_path, name, compose, is_unset
):
    (tmp_path / "requirements.txt").write_text("flask\n")
    reads = "API_TOKEN = os.environ.get('API_TOKEN', 'weak')\nKEY = os.environ['MAIL_KEY']\n"
    (tmp_path / "config.py").write_text(f"import os\n{reads}")
    (tmp_path / name).write_text(compose)
    shown = shield("plan", "--only", "code", cwd=tmp_path).text
    section = "defaults that stay in the code\n  config.py:2  API_TOKEN\n      "
    reason = (SkipId.UNSET_DEFAULT if is_unset else SkipId.KEPT_DEFAULT).text
    assert f"{section}{reason}\n" in shown, shown


def test_removed_literals_are_named_for_other_clones(tmp_path):
    (tmp_path / "requirements.txt").write_text("flask\npython-dotenv\n")
    text = (
        "from dotenv import load_dotenv\nload_dotenv()\nSTRIPE_KEY = 'k3y-of-a-test-0123456789'\n"
    )
    (tmp_path / "config.py").write_text(text)
    (tmp_path / ".gitignore").write_text(".env\n")
    options = ("--only", "code", "--yes", "--no-proof", "--remove-literals")
    done = shield("apply", *options, cwd=tmp_path)
    note = "CI and clones without this .env: set STRIPE_KEY, which the code no longer has"
    assert f"next: {note}\n" in done.err, done.text


def test_a_plan_lists_the_defaults_of_pydantic_fields(tmp_path):
    (tmp_path / "requirements.txt").write_text("fastapi\n")
    fields = "    a_host: str = 'localhost'\n    api_token: str = 'k3y-of-a-test-0123456789'\n"
    (tmp_path / "config.py").write_text(SETTINGS + fields)
    shown = shield("plan", "--only", "code", cwd=tmp_path).text
    assert "defaults that stay in the code\n  config.py:6  API_TOKEN\n" in shown, shown
    assert "skipped" not in shown


@pytest.mark.parametrize(
    ("body", "number"),
    [
        pytest.param("    api_token: str\n    mail_password: str\n", 2, id="all"),
        pytest.param(
            "    api_token: str\n    @classmethod\n    def settings_customise_sources(cls): ...\n",
            0,
            id="skipped by a fixer",
        ),
        pytest.param(
            "    api_token: str\nimport os\nTOKEN = os.environ.get('SHOP_TOKEN', 'weak')\n",
            2,
            id="with a default that stays",
        ),
    ],
)
def test_scan_and_plan_count_the_same_findings(tmp_path, body, number):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/config.py").write_text(SETTINGS + body)
    scanned = re.search(r"(\d+) fixable with", shield("scan", cwd=tmp_path).text)
    planned = re.search(
        r"(\d+) findings? to fix", shield("plan", "--only", "code", cwd=tmp_path).text
    )
    assert int(planned[1] if planned else 0) == number
    assert int(scanned[1] if scanned else 0) == number


def test_a_plan_shows_all_lines_of_new_files_on_request(tmp_path):
    (tmp_path / "config.py").write_text("import os\nAPI_TOKEN = os.environ['API_TOKEN']\n")
    (tmp_path / "requirements.txt").write_text("flask\n")
    shield("draft", cwd=tmp_path)
    last = "+clear_secret_cache = client.clear_cache\n"
    short = shield("plan", "--only", "code", cwd=tmp_path).text
    assert " more lines: shield plan --all\n" in short
    assert last not in short
    assert last in shield("plan", "--only", "code", "--all", cwd=tmp_path).text


def test_the_names_in_the_map_file_are_not_listed(tmp_path):
    (tmp_path / "requirements.txt").write_text("django\n")
    (tmp_path / "settings.py").write_text(
        "import os\nSECRET_KEY = os.environ['DJANGO_SECRET_KEY']\n"
    )
    shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)
    shown = shield("plan", "--only", "code", cwd=tmp_path).text
    assert "No changes to the code" in shown
    assert "not secrets" not in shown, shown


def test_settings_of_pydantic_that_use_the_runtime(tmp_path):
    (tmp_path / "requirements.txt").write_text("fastapi\n")
    config = tmp_path / "config.py"
    config.write_text(SETTINGS + "    api_token: str\n")
    rule = "[CSEC34.no-runtime]"
    assert rule in shield("scan", cwd=tmp_path).text
    shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)
    config.write_text(config.read_text() + "\n\nSTRIPE_KEY = 'k3y-of-a-test-0123456789'\n")
    shown = shield("scan", cwd=tmp_path).text
    assert "STRIPE_KEY is a hardcoded secret" in shown
    assert rule not in shown


@pytest.mark.parametrize(
    ("path", "text", "shown"),
    [
        pytest.param("ops/prestart.sh", "#!/bin/sh\nrq worker --url $API_URL_TOKEN\n", True, id="script"),
        pytest.param("Procfile", "web: serve\nworker: rq --url $API_URL_TOKEN\n", True, id="Procfile"),
        pytest.param("ops/prestart.sh", "#!/bin/sh\nrq worker --url $API_URL\n", False, id="another"),
        pytest.param("shop/checks.py", "import os\nNEEDED = ['X', 'API_URL_TOKEN']\nenv = os.environ\n", True, id="list of variables"),
        pytest.param("README.md", "Usage\nrq worker --url $API_URL_TOKEN\n", False, id="document"),
    ],
)  # fmt: skip
def test_a_plan_lists_the_scripts_that_read_a_variable_that_moves(tmp_path, path, text, shown):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text("import os\nAPI_URL_TOKEN = os.environ['API_URL_TOKEN']\n")
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(text)
    plan = shield("plan", "--only", "code", cwd=tmp_path).text
    entry = f"  {path}:2  API_URL_TOKEN\n      names API_URL_TOKEN, moved to AWS: keep it set"
    assert (entry in plan) == shown, plan


def test_a_plan_lists_all_scripts_for_production_in_one_entry(tmp_path):
    (tmp_path / "config.py").write_text("import os\nAPI_URL_TOKEN = os.environ['API_URL_TOKEN']\n")
    for name in ["a_test.sh", "start.sh", "worker.sh", "x1.sh", "x2.sh", "x3.sh"]:
        (tmp_path / name).write_text("#!/bin/sh\nrq worker --url $API_URL_TOKEN\n")
    plan = " ".join(shield("plan", "--only", "code", cwd=tmp_path).text.split())
    assert "start.sh:2 API_URL_TOKEN names API_URL_TOKEN" in plan
    assert "reads it; also worker.sh:2, x1.sh:2, x2.sh:2 and 1 more" in plan
    assert "a_test.sh" not in plan


def test_plan_lists_secrets_that_only_a_script_reads(tmp_path):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text("import os\nKEY = os.environ['STRIPE_KEY']\n")
    (tmp_path / "entrypoint.sh").write_text("#!/bin/sh\necho $STRIPE_KEY $GCP_KEY > key.json\n")
    document = json.loads(shield("plan", "--only", "code", "--json", cwd=tmp_path).out)
    found = [item for item in document["skipped"] if item["id"] == SkipId.READ_BY_SCRIPT]
    assert [(item["path"], item["line"], item["name"]) for item in found] == [
        ("entrypoint.sh", 2, "GCP_KEY")
    ]


def test_plan_lists_variables_from_which_a_script_sets_another(tmp_path):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("# Docs\n")
    (tmp_path / "config.py").write_text("import os\nDATABASE_URL = os.environ['DATABASE_URL']\n")
    (tmp_path / "entrypoint").write_text(
        "#!/bin/sh\n"
        'psql "password=$POSTGRES_PASSWORD" $API_TOKEN\n'
        'export DATABASE_URL="postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@db/app"\n'
    )
    document = json.loads(shield("plan", "--only", "code", "--json", cwd=tmp_path).out)
    wanted = {SkipId.PART_OF_VARIABLE: 3, SkipId.READ_BY_SCRIPT: 2}
    found = {item["name"]: item for item in document["skipped"] if item["id"] in wanted}
    assert found["POSTGRES_PASSWORD"]["line"] == 3
    assert found["POSTGRES_PASSWORD"]["reason"].startswith("part of DATABASE_URL: ")
    assert found["API_TOKEN"]["line"] == 2
    assert "POSTGRES_USER" not in found
    shield("apply", "--only", "code", "--yes", cwd=tmp_path)
    [page] = (tmp_path / "docs").glob("*[sS][eE][cC][rR][eE][tT]*")
    sentence = "Keep `POSTGRES_PASSWORD` set, and change it whenever `DATABASE_URL` changes in AWS:"
    assert f"{sentence} `entrypoint` uses it." in page.read_text()
