from __future__ import annotations

import pytest

from shield_ai.project.python_source import Source
from shield_ai.scan.python.config.reads import find_config_reads

LOAD = "with open('secrets.json') as f:\n    SECRETS = json.load(f)\n"
INI = "config = configparser.ConfigParser()\nconfig.read('s.ini')\n"


def reads(text, known=()):
    source = Source.from_bytes("shop/mail.py", f"import json, yaml, os\n{text}".encode())
    return [
        (read.line, read.key, read.is_certain) for read in find_config_reads(source, set(known))
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(f"{LOAD}SECRET_KEY = SECRETS['SECRET_KEY']\n", [(4, "SECRET_KEY")], id="key"),
        pytest.param(f"{LOAD}X = SECRETS.get('API_KEY', '')\n", [(4, "API_KEY")], id="get"),
        pytest.param(f"{LOAD}D = {{'PASSWORD': SECRETS['db']['password']}}\n", [(4, "password")], id="nested"),
        pytest.param(f"{LOAD}X = SECRETS.get('ALLOWED_KEYS', [])\n", [], id="list"),
        pytest.param(f"{LOAD}SECRETS['API_KEY'] = 'x'\nDEBUG = SECRETS['DEBUG']\n", [], id="no read of a secret"),
        pytest.param(f"{LOAD}def get(name, data=SECRETS):\n    return data[name]\nX = get('API_KEY')\n", [(6, "API_KEY")], id="helper"),
        pytest.param("S = json.loads(Path('s.json').read_text())\nX = S['API_KEY']\n", [(3, "API_KEY")], id="text of a file"),
        pytest.param("S = json.loads(os.environ['S'])\nX = S['API_KEY']\n", [], id="text of a variable"),
        pytest.param("S = yaml.safe_load(open('s.yml'))\nX = S['API_KEY']\n", [(3, "API_KEY")], id="YAML"),
        pytest.param("S = json.load(open('environments/requests.json'))\nX = S['API_KEY']\n", [(3, "API_KEY")], id="file named like another source"),
        pytest.param("S = json.load(open(response_path))\nX = S['API_KEY']\n", [(3, "API_KEY")], id="path named like another source"),
        pytest.param("S = json.load(self.response.raw)\nX = S['API_KEY']\n", [], id="response"),
        pytest.param("S = json.load(StringIO(x))\nX = S['API_KEY']\n", [], id="text"),
        pytest.param(f"{INI}X = config.get('mail', 'password')\n", [(4, "password")], id="INI"),
        pytest.param("from cfenv import AppEnv\ns3 = AppEnv().get_service(name='s3')\nX = s3.credentials.get('secret_key')\n", [(4, "secret_key")], id="Cloud Foundry"),
        pytest.param(f"{INI}X = config['mail']['password']\n", [(4, "password")], id="section"),
        pytest.param("def load():\n    return json.load(open('s.json'))\nX = load()['API_KEY']\n", [(4, "API_KEY")], id="function"),
        pytest.param("def load():\n    return json.load(open('s.json'))\ndef run():\n    data = load()\n    return data['API_KEY']\n", [(6, "API_KEY")], id="local name"),
        pytest.param("class Shop:\n    def __init__(self):\n        self.data = json.load(open('s.json'))\n    def key(self):\n        return self.data['API_KEY']\n", [(6, "API_KEY")], id="attribute"),
        pytest.param("class Shop:\n    def read(self):\n        return json.load(open('s.json'))\n    def key(self):\n        return self.read()['API_KEY']\n", [(6, "API_KEY")], id="method"),
        pytest.param("class Shop:\n    ini = configparser.ConfigParser()\n    def option(self, section, key):\n        value = None\n        value = self.ini.get(section, key)\n        return value\n    def key(self):\n        return self.option('mail', 'password')\n", [(9, "password")], id="method with a local name"),
        pytest.param("class Ini(configparser.ConfigParser):\n    pass\nini = Ini()\nX = ini.load('mail', 'password')\n", [(5, "password")], id="class of a parser"),
        pytest.param(f"{INI}X = config.get('database', 'url')\nY = config['db']['host']\n", [(4, "database.url")], id="URL of a section"),
        pytest.param("import streamlit as st\nX = st.secrets['API_KEY']\nY = st.secrets.API_KEY\n", [(3, "API_KEY"), (4, "API_KEY")], id="Streamlit"),
        pytest.param("from omegaconf import OmegaConf\ncfg = OmegaConf.load('s.yml')\nX = cfg.mail.password\n", [(4, "password")], id="OmegaConf"),
        pytest.param(f"{LOAD}X = load(SECRETS)\nY = X['API_KEY']\n", [], id="another object"),
        pytest.param("def load(path):\n    return json.load(open(path))\nX = load('password.json')\n", [], id="name of a file"),
        pytest.param("CONFIG = json.load(open('s.json'))\nCONFIG_KEY = 'api_key'\nX = CONFIG[CONFIG_KEY]\n", [(4, "api_key")], id="constant"),
        pytest.param("CONFIG = json.load(open('s.json'))\nCONFIG_KEY: Final = 'api_key'\nX = CONFIG[CONFIG_KEY]\n", [(4, "api_key")], id="annotated constant"),
        pytest.param("CONFIG = json.load(open('s.json'))\nOLD = CONFIG_KEY = 'api_key'\nX = CONFIG[CONFIG_KEY]\n", [(4, "api_key")], id="chained constant"),
        pytest.param(f"{LOAD}del SECRETS['API_KEY']\nY = 'API_KEY' in SECRETS\n", [], id="test"),
    ],
)  # fmt: skip
def test_finds_secrets_from_files(text, found):
    assert reads(text) == [(*read, True) for read in found]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_endings(newline):
    text = f"{LOAD}def f():\n    return SECRETS['API_KEY']\n".replace("\n", newline)
    assert reads(text) == [(5, "API_KEY", True)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("x = config['password']\n", [(2, "password")], id="item"),
        pytest.param("x = self.config.get('dsn')\n", [(2, "dsn")], id="attribute"),
        pytest.param("x = config('API_KEY')\ny = config('api_key')\nz = app.config('API_KEY')\n", [(2, "API_KEY")], id="variable"),
        pytest.param("debug = config.getboolean('site', 'debug')\nx = {'P': config.get('mail', 'password')}\n", [(3, "password")], id="parser of another module"),
        pytest.param("name = config.get('site', 'name', fallback='')\nx = {'P': config.get('mail', 'password')}\n", [(3, "password")], id="fallback"),
        pytest.param("name = config.get('site', '')\nx = {'P': config.get('mail', 'password')}\n", [], id="default of a dict"),
        pytest.param("from .common import *\nx = SECRETS['sentry_dsn']\n", [(3, "sentry_dsn")], id="secrets"),
        pytest.param("x = app.config['AUTH_%s_PASSWORD' % name]\n", [(2, "AUTH__PASSWORD")], id="template"),
        pytest.param("x = app.config[f'AUTH_{name}_TOKEN']\n", [(2, "AUTH__TOKEN")], id="f-string"),
        pytest.param("KEY = 'mail.password'\nx = config[KEY]\n", [(3, "mail.password")], id="constant"),
        pytest.param("x = config[CONF_PASSWORD]\n", [(2, "CONF_PASSWORD")], id="constant of another module"),
        pytest.param("x = self.config.get(CI_SECRET)\ny = config.get(CI_TOKEN, '')\n", [(2, "CI_SECRET"), (3, "CI_TOKEN")], id="constant in get"),
        pytest.param("x = getattr(config, 'ci_token', None)\n", [(2, "ci_token")], id="getattr"),
        pytest.param("x = getattr(get_settings().ci, 'webhook_secret', None)\n", [(2, "webhook_secret")], id="getattr of a section"),
        pytest.param("x = get_settings().openai.key\n", [(2, "openai.key")], id="attribute of a section"),
        pytest.param("x = get_settings().openai.model\ny = get_settings().auth.get_token()\n", [], id="another attribute of a section"),
        pytest.param("s3 = config.get('s3')\nx = s3.get('secret')\n", [(3, "secret")], id="part"),
        pytest.param("x = config.get('openai.key')\n", [(2, "openai.key")], id="key of a section"),
        pytest.param("x = config.get_value('Redis', 'connection_string')\n", [(2, "connection_string")], id="section"),
        pytest.param("x = config.load('mail', 'password', fallback='')\n", [(2, "password")], id="load"),
        pytest.param("x = config.load_option('mail', 'password')\n", [(2, "password")], id="load an option"),
        pytest.param("x = config.get_main_option('sqlalchemy.url')\n", [(2, "sqlalchemy.url")], id="Alembic"),
        pytest.param("class WebConfig:\n    SECRET_KEY = vault.fetch('web', 'SIGNING_KEY')\n    API_KEY = vault.load('web', 'name')\n", [(3, "SIGNING_KEY"), (4, "API_KEY")], id="loader of a settings class"),
        pytest.param("x = get_config('smtp', 'password', default=None)\n", [(2, "password")], id="function"),
        pytest.param("from shop.db import get_value\nx = get_value('Keys', 'api_key')\n", [(3, "api_key")], id="function by its arguments"),
        pytest.param("x = json.load(stream)['password']\n", [(2, "password")], id="unknown stream"),
        pytest.param("data = json.load(open('x.json'))\nx = data['token']\n", [(3, "token")], id="ambiguous key"),
        pytest.param("import argparse\nargs = parser.parse_args()\nx = args.password\n", [(4, "password")], id="command line"),
        pytest.param("if config['password']:\n    x = config['password']\n", [(3, "password")], id="test before a read"),
        pytest.param("if config['password']:\n    run()\n", [(2, "password")], id="test without a read"),
        pytest.param("import config\nx = config.API_KEY\n", [(3, "API_KEY")], id="module outside the app"),
        pytest.param("x = utils.get_login_info()['chat_api_key']\n", [(2, "chat_api_key")], id="function for secrets"),
        pytest.param("x = self.options.get('mail_password')\n", [(2, "mail_password")], id="options"),
        pytest.param("self.chat_api_key = self.rule.get('chat_api_key', None)\n", [(2, "chat_api_key")], id="copied to an attribute"),
        pytest.param("self.api_key = entry['chat_api_key']\n", [(2, "chat_api_key")], id="copied item"),
        pytest.param("with open('key') as f:\n    SECRET_KEY = f.read().strip()\n", [(3, "SECRET_KEY")], id="file"),
        pytest.param("with open('url') as f:\n    DATABASE_URL = f.read()\n", [(3, "DATABASE_URL")], id="URL in a file"),
        pytest.param("f(config['OAUTH_CHAT_KEY'],\n  config['OAUTH_CHAT_SECRET'])\nf(config['OAUTH_MAIL_KEY'])\n", [(3, "OAUTH_CHAT_SECRET"), (4, "OAUTH_MAIL_KEY")], id="pair of OAuth"),
        pytest.param("f(config['oauth_access_key'], config['oauth_access_secret'])\n", [(2, "oauth_access_key"), (2, "oauth_access_secret")], id="access key of OAuth"),
        pytest.param("d['api_key'] = (root / 'key').read_text()\n", [(2, "api_key")], id="text of a path"),
        pytest.param("API_TOKEN: str = open('t').readlines()[0]\n", [(2, "API_TOKEN")], id="line of a file"),
        pytest.param("API_TOKEN = open('t').read().split('\\n')[0]\n", [(2, "API_TOKEN")], id="first part of a file"),
        pytest.param("API_TOKEN = Path('t').read_text().partition('=')[2]\n", [(2, "API_TOKEN")], id="last part of a file"),
        pytest.param("a = self.API_TOKEN = open('t').read()\n", [(2, "API_TOKEN")], id="second target"),
        pytest.param("class Config(dict):\n    def db(self):\n        return {'PASSWORD': self.get('DB_PASSWORD'), 'KEY': self['API_KEY']}\n", [(4, "API_KEY"), (4, "DB_PASSWORD")], id="class of a configuration"),
        pytest.param("x = config.get_str('Mail', 'shop_key_to_send_alerts')\n", [(2, "shop_key_to_send_alerts")], id="key with its use"),
        pytest.param("SECRET_KEY = get_secret_from_file(SECRET_FILE)\n", [(2, "SECRET_KEY")], id="function that reads a file"),
        pytest.param("from local_settings import API_KEY, DEBUG\n", [(2, "API_KEY")], id="import from outside the app"),
    ],
)  # fmt: skip
def test_guesses_configurations_by_name(text, found):
    assert reads(text) == [(*read, False) for read in found]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = request.json['password']\n", id="request"),
        pytest.param("import secrets\nx = secrets.token_hex(8)\n", id="standard library"),
        pytest.param("secrets = {}\nx = secrets['password']\n", id="dict of secrets"),
        pytest.param(
            "import configparser\nx = settings.get('GIT.AUTH_TYPE', 'oauth_token')\n",
            id="default of a kind",
        ),
        pytest.param("x = data.get('password')\n", id="data"),
        pytest.param(
            "class Cart(dict):\n    def x(self):\n        return self.get('DB_PASSWORD')\n",
            id="class of other data",
        ),
        pytest.param(
            "class Config(dict):\n    class Cart:\n        def x(self):\n            return self.get('DB_PASSWORD')\n",
            id="class inside a configuration",
        ),
        pytest.param(
            "x = config.get_int('Credential', 'minimum')\ny = config.getboolean('password', 'x')\n",
            id="number",
        ),
        pytest.param("resp.set_cookie(config.get('NOTE_KEY'), 'x')\n", id="name of a cookie"),
        pytest.param("self.chat_token = response['chat_token']\n", id="copied from a response"),
        pytest.param("self.access_token = rule['access_token']\n", id="copied token of a session"),
        pytest.param("self.password = rule['password']\n", id="copied password, no service"),
        pytest.param("chat_token = rule['chat_token']\n", id="copied to a variable"),
        pytest.param("self.other = rule['chat_token']\n", id="copied to another name"),
        pytest.param(
            "def f(self, **rule):\n    self.chat_token = rule['chat_token']\n",
            id="keyword arguments",
        ),
        pytest.param(
            "def handle(self, **options):\n    x = options['password']\n", id="options of a command"
        ),
        pytest.param("token = response.read()\nkey = sock.read(4)\n", id="text of a response"),
        pytest.param("TEXT = open('x').read()\n", id="text without a secret's name"),
        pytest.param(
            "args = parser.parse_args()\nx = args['password']\n", id="arguments of a request"
        ),
        pytest.param("x = config.load_incluster_config('token')\n", id="load of a configuration"),
        pytest.param(
            "class Config:\n    TOKEN_KIND = store.get('kind', 'token')\n    TOKEN = requests.get(URL)\n    API_KEY = get('x')\n",
            id="default of a loader",
        ),
        pytest.param("class Mailer:\n    API_KEY = store.fetch('API_KEY')\n", id="another class"),
        pytest.param(
            "run(key_file=config['tls_key'], x={'client_id': config['oauth_key']})\n",
            id="path and ID",
        ),
        pytest.param(
            "ssl_key_path = config['web_key']\nopen(config['web_key'])\n", id="opened path"
        ),
        pytest.param(
            "x = config.load('web', 'signing_key', fallback='keys/web.pem')\n",
            id="default of a path",
        ),
        pytest.param("x = UserConfig._meta.get_field('api_key')\n", id="field of a model"),
        pytest.param(
            "def run_migrations_offline():\n    x = context.config.get_section_option('db', 'sqlalchemy.url')\n",
            id="section of Alembic",
        ),
        pytest.param(
            "def run_migrations_offline():\n    x = config.get_main_option('sqlalchemy.url')\n",
            id="template of Alembic",
        ),
        pytest.param("config = {'password': None}\nx = config['password']\n", id="dict"),
        pytest.param("config = request.json\nx = config['password']\n", id="name of a request"),
        pytest.param("x = config.get('auth_method', 'token')\n", id="default"),
        pytest.param("x = get_setting('AUTH_METHOD', 'password')\n", id="default of a function"),
        pytest.param(
            "x = config['pad_token'] + config['max_tokens'] + config['tokens']\n",
            id="tokens of a text",
        ),
        pytest.param(
            "x = config['token_url'], config['password_file'], config['key']\n", id="no secret"
        ),
        pytest.param("x = config['tls.key'], config['sort.key']\n", id="file and sort key"),
        pytest.param("x = load_config('secrets.yml'), read_config_file('password')\n", id="file"),
        pytest.param(
            "config.set('mail', 'password', x)\nconfig.validate('password')\n", id="no getter"
        ),
        pytest.param("x = connection.settings_dict['PASSWORD']\n", id="settings of a connection"),
        pytest.param("from django.conf import settings\nx = settings.API_KEY\n", id="Django"),
        pytest.param("from .models import SECRET_KEY\n", id="import of the app"),
        pytest.param(
            "x = config.get_password()\nconfig.password = x\n", id="method and assignment"
        ),
        pytest.param(
            "PAYLOAD_KEY = 'payload'\nx = config[PAYLOAD_KEY]\n", id="constant that names no secret"
        ),
        pytest.param("x = config[SORTED_ITEMS_KEY]\n", id="name of a key"),
    ],
)
def test_other_objects_are_no_configurations(text):
    assert reads(text) == []


@pytest.mark.parametrize("text", ["import config\nx = config.API_KEY\n", "from config import API_KEY\n"])  # fmt: skip
def test_modules_of_the_app_are_scanned_themselves(text):
    assert reads(text, known={"config"}) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("from web import config\nx = config.API_KEY\n", [(3, "API_KEY")], id="module"),
        pytest.param("from web.config import API_KEY\n", [(2, "API_KEY")], id="name"),
        pytest.param("from shop import config\nx = config.API_KEY\n", [], id="module of the app"),
        pytest.param("from shop.config import API_KEY\n", [], id="name in the app"),
    ],
)
def test_modules_of_the_same_name(text, found):
    known = {"config", "shop", "web", "shop/config"}
    assert reads(text, known) == [(*read, False) for read in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("import shop.config\nx = shop.config.get('mail', 'smtp-password')\n", [(3, "smtp-password")], id="import of a module"),
        pytest.param("from shop import config\nx = config.get('web', 'session_secret')\n", [(3, "session_secret")], id="import from a package"),
        pytest.param("from shop import config\nx = config.get('auth_method', 'token')\n", [], id="kind and default"),
        pytest.param("from shop import settings\nx = settings.get('web', 'session_secret')\n", [], id="object of a package"),
    ],
)  # fmt: skip
def test_functions_of_a_module_take_a_section(text, found):
    assert reads(text, {"shop", "config", "shop/config"}) == [(*read, False) for read in found]
