from __future__ import annotations

import pytest

from shield_ai.model.finding import Severity

RULE = "CSEC34.config-read"
FILE = "import json\nwith open('secrets.json') as f:\n    data = json.load(f)\n"


@pytest.fixture
def config_reads(scanned):
    """Return (line, name, severity) of each read from a configuration in one file."""

    def config_reads(text, path="shop/mail.py", files=None):
        result = scanned({"shop/__init__.py": "", path: text, **(files or {})})
        return [
            (f.line, f.name, str(f.severity))
            for f in result.findings
            if f.rule == RULE and f.path == path
        ]

    return config_reads


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(f"{FILE}connect(data['db_password'])\n", [(4, "db_password", "medium")], id="file"),
        pytest.param("connect(config['db_password'])\n", [(1, "db_password", "low")], id="object"),
        pytest.param("key = get_config('services', 'stripe', 'api_key')\n", [(1, "api_key", "low")], id="function"),
        pytest.param("login(config.devops.get('pat', None))\n", [(1, "pat", "low")], id="access token"),
        pytest.param("key = app.config.get('SCANNER_PSK')\n", [(1, "SCANNER_PSK", "low")], id="shared key"),
        pytest.param("open(get_settings().google_storage.service_account)\nx = get_settings().google.service_account\n", [(2, "google.service_account", "low")], id="account"),
        pytest.param("x = get_settings().database_url.render_as_string()\n", [], id="method of a value"),
        pytest.param("from arq.connections import RedisSettings\nx = RedisSettings.from_dsn(get_settings().REDIS_URL)\n", [], id="method of a class"),
        pytest.param("x = get_settings().smtp.password.get_secret_value()\n", [(1, "smtp.password", "low")], id="value with a method"),
        pytest.param(f"{FILE}connect(data['password_file'], data['port'])\n", [], id="no secret"),
        pytest.param("import os\nconfig = dict(os.environ)\nkey = config['API_KEY']\n", [], id="environment"),
    ],
)  # fmt: skip
def test_reports_reads_from_configurations(config_reads, text, found):
    assert config_reads(text) == found


def test_names_the_command_line(scanned):
    text = "import argparse\nargs = parser.parse_args()\nconnect(args.db_password)\n"
    found = [f for f in scanned({"shop/mail.py": text}).findings if f.rule == RULE]
    assert [f.message for f in found] == ["db_password is a secret read from the command line"]


def test_tests_are_not_searched(config_reads):
    assert config_reads("connect(config['db_password'])\n", "tests/test_mail.py") == []


def test_a_call_that_is_assigned_to_a_setting_is_reported_once(config_reads):
    text = (
        "DEBUG = config.getboolean('site', 'debug')\nMAIL_TOKEN = config.get('mail', 'password')\n"
    )
    assert config_reads(text, "shop/settings.py") == [(2, "password", "low")]


READ = "import os\nMAIL_PASSWORD = os.environ['MAIL_PASSWORD']\nCACHE_SECRET = load_secret()\n"


@pytest.mark.parametrize("name", ["MAIL_PASSWORD", "CACHE_SECRET"])
def test_settings_that_the_app_sets_are_not_reported_again(config_reads, name):
    text = f"login(app.config['{name}'])\n"
    assert config_reads(text, files={"shop/settings.py": READ}) == []
    assert config_reads(text) == [(1, name, "low")]


@pytest.mark.parametrize("setting", ["API_KEY = _KEY", "API_KEY = f'x{_KEY}'"])
def test_uses_of_settings_from_a_configuration_are_reported(config_reads, setting):
    settings = f"_KEY = config.load('chat', 'api_key')\nclass Config:\n    {setting}\n"
    text = "login(app.config['API_KEY'])\n"
    assert config_reads(text, files={"shop/settings.py": settings}) == [(1, "API_KEY", "low")]


def test_a_declaration_without_a_value_does_not_hide_the_reads(config_reads):
    settings = "class Config:\n    SENTRY_DSN = None\n    MAIL_PASSWORD: str = None\n"
    text = "login(app.config['MAIL_PASSWORD'])\nreport(app.config.get('SENTRY_DSN', ''))\n"
    found = [(1, "MAIL_PASSWORD", "low"), (2, "SENTRY_DSN", "low")]
    assert config_reads(text, files={"config.py": settings}) == found
    declared = [(3, "MAIL_PASSWORD", "low")]
    assert config_reads(settings, "config.py", {"shop/mail.py": text}) == declared


def test_settings_that_a_loop_over_variables_sets_are_not_reported_again(config_reads):
    loop = "import os\ndef load(config):\n    for key in ('MAIL_PASSWORD', 'API_KEY'):\n        config[key] = os.environ.get(key)\n"
    text = "login(app.config['MAIL_PASSWORD'])\n"
    assert config_reads(text, files={"shop/settings.py": loop}) == []


def test_keys_of_a_dict_that_the_app_fills_are_not_reported_again(config_reads):
    main = "import os\nrun({'api_key': os.environ['OPENAI_API_KEY'], 'token': 1})\n"
    text = "connect(config['api_key'])\nlogin(config['bot_token'])\n"
    assert config_reads(text, files={"shop/main.py": main}) == [(2, "bot_token", "low")]


def test_a_literal_elsewhere_does_not_hide_a_read(config_reads):
    literal = "MAIL_PASSWORD = 'docs-only-Zk93mQ'\n"
    text = "login(app.config['MAIL_PASSWORD'])\n"
    assert config_reads(text, files={"docs_config.py": literal}) == [(1, "MAIL_PASSWORD", "low")]


@pytest.mark.parametrize(
    ("text", "files", "found"),
    [
        pytest.param("from shop import config\nlogin(config.DB_PASSWORD)\n", {}, [(2, "DB_PASSWORD", "low")], id="missing module"),
        pytest.param("from . import config\nlogin(config.DB_PASSWORD)\n", {}, [(2, "DB_PASSWORD", "low")], id="relative"),
        pytest.param("from shop import config\nlogin(config.db_password)\n", {}, [], id="attribute of an object"),
        pytest.param("from shop import config\nlogin(config.DB_PASSWORD)\n", {"shop/config.py": "X = 1\n"}, [], id="module of the app"),
    ],
)  # fmt: skip
def test_constants_of_a_module_outside_git(config_reads, text, files, found):
    assert config_reads(text, files=files) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(f"{FILE}connect(data['db_password'])\n", "reads-file", id="file"),
        pytest.param("connect(config['db_password'])\n", "reads-config", id="object"),
    ],
)
def test_each_finding_has_a_reason_in_the_plan(scanned, text, reason):
    result = scanned({"shop/__init__.py": "", "shop/mail.py": text})
    (finding,) = [finding for finding in result.findings if finding.rule == RULE]
    (skip,) = result.file_reads
    assert not finding.fixable
    assert finding.reason.id == skip.id == reason
    assert (skip.path, skip.line, skip.name) == (finding.path, finding.line, "db_password")


def test_examples_are_not_severe(tmp_path):
    from shield_ai.scan.runner import scan_paths

    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/mail.py").write_text(f"{FILE}connect(data['db_password'])\n")
    (finding,) = [f for f in scan_paths([tmp_path]).findings if f.rule == RULE]
    assert finding.severity is Severity.LOW


def test_a_field_of_a_configuration_class_is_reported_beside_a_variable(config_reads):
    main = "import os\nrun(smtp_password=os.environ['SMTP_PASSWORD'])\n"
    text = "class MailConfig(BaseModel):\n    smtp_password: str | None = None\n"
    assert config_reads(text, files={"shop/main.py": main}) == [(2, "smtp_password", "low")]
