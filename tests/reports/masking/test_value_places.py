from __future__ import annotations

import pytest
from scaling import assert_linear

from shield_ai.project.python_source import Source
from shield_ai.reports.masking.value_places import harmless_spans


def shown(code):
    source = Source.from_bytes("a.py", code.encode())
    return sorted(source.raw[start:end].decode() for start, end in harmless_spans(source))


SHOWN = [
    ('HOST = "localhost"', "localhost"),
    ('settings.HOST = "localhost"', "localhost"),
    ('DATABASES["default"]["HOST"] = "localhost"', "localhost"),
    ('class A:\n    db_host: str = "localhost"', "localhost"),
    ('D = {"a": {"HOST": "127.0.0.1"}}', "127.0.0.1"),
    ('connect(host="localhost")', "localhost"),
    ('def connect(host="localhost"): pass', "localhost"),
    ('def connect(*, host="localhost"): pass', "localhost"),
    ('X = os.environ.get("DB_HOST", "localhost")', "localhost"),
    ('X = env.str("DB_HOST", default="localhost")', "localhost"),
    ('X = get_secret("database-credentials:host", "localhost")', "localhost"),
    ('X = get_secret("a", lambda: env("DB_HOST", "localhost"))', "localhost"),
    ('X = envstr("DB_HOST", "localhost")', "localhost"),
    ('DB_HOST = os.environ.get("X") or "localhost"', "localhost"),
    ('DB_HOST = "localhost" if DEBUG else "db"', '"db"'),
    ('ALLOWED_HOSTS += ["localhost"]', "localhost"),
    ('ALLOWED_HOSTS = OTHERS + ["localhost"]', "localhost"),
    (
        'ALLOWED_HOSTS = os.environ.get("X", "localhost,127.0.0.1").split(",")',
        "localhost,127.0.0.1",
    ),
    ('ALLOWED_HOSTS = x.split(",")', ","),
    ('PORT = int(os.environ.get("DB_PORT", "5432"))', "5432"),
    ('D = {"PORT": 27017}', "27017"),
    ("SESSION_COOKIE_AGE = 1_209_600", "1_209_600"),
    ('DEBUG = os.environ.get("DEBUG", "False") == "True"', "True"),
    ('DEBUG = os.environ.get("DEBUG", "0").lower() in ("true", "yes")', "yes"),
    ('ROOT = BASE_DIR / "media"', "media"),
    ('load_dotenv(BASE_DIR / ".env.local")', ".env.local"),
    ('ROOT = os.path.join(BASE_DIR, "media/files")', "media/files"),
    ('INSTALLED_APPS.append("shop.models")', "shop.models"),
    ('MIDDLEWARE.insert(0, "shop.web.Middleware")', "shop.web.Middleware"),
    ('if "API_TOKEN" in os.environ: pass', "API_TOKEN"),
    ('if "API_TOKEN" not in env: pass', "API_TOKEN"),
    ('if "pytest" in sys.modules: pass', "pytest"),
    ('if sys.argv[1:2] == ["test"]: pass', "test"),
    ('if "--no-input" in sys.argv: pass', "--no-input"),
    ('D = {"default": config(default="postgres:///shop")}', "postgres:///shop"),
    ('X = env("SCOUT_NAME", default="foundation")', "foundation"),
    ('D = {"shop.models": 1}', "shop.models"),
    ('log = logging.getLogger("shop.models")', "shop.models"),
    ('log = getLogger("shop.web")', "shop.web"),
    ('class Config:\n    env_prefix = "CANARY_"', "CANARY_"),
    ('CRISPY_TEMPLATE_PACK = "bootstrap4"', "bootstrap4"),
    ('raise ImproperlyConfigured("Set the SECRET_KEY variable.")', "Set the SECRET_KEY variable."),
    ('logger.warning("The mail server is missing")', "The mail server is missing"),
    ('X = config("A", doc="Address of the mail server")', "Address of the mail server"),
    ('X = int(get_setting("SESSION_AGE", "86400"))', "86400"),
    ('HOSTS = env("HOSTS", default="localhost db web-1")', "localhost db web-1"),
    ('assert x, "Set the SECRET_KEY variable"', "Set the SECRET_KEY variable"),
]


@pytest.mark.parametrize(("code", "text"), SHOWN, ids=[code for code, _ in SHOWN])
def test_places_of_harmless_strings(code, text):
    assert text.strip('"') in [found.strip("\"'") for found in shown(code)]


# Strings in places of secrets, or in no place; the same strings are shown elsewhere.
HIDDEN = [
    'PASSWORD = "localhost"',
    'self.password = "localhost"',
    'D = {"PASSWORD": "localhost"}',
    'D = {"HOST": {"PASSWORD": "localhost"}}',
    'PASSWORDS = {"HOST": "localhost"}',
    'TOKENS = make({"HOST": "localhost"})',
    'connect(password="localhost")',
    'def connect(password="localhost"): pass',
    'connect("localhost")',
    'getLogger("k7Jx9Qz2")',
    'getLogger("swordfish")',
    'env_prefix = "XQZWVK_"',
    'env_prefix = "swordfish"',
    'PASSWORD_PACK = "bootstrap4"',
    'HOST = connect("localhost")',
    'HOST = os.environ.get("DB_PASSWORD", "localhost")',
    'HOST = env("DB_PASSWORD", default="localhost")',
    'HOST = envsecret("DB_PASSWORD", "localhost")',
    'HOST = envoy("DB_HOST", "localhost")',
    'HOST = get_secret("database-credentials:password", "localhost")',
    'X = get_secret("database-credentials:password", lambda: env("HOST", "localhost"))',
    'PASSWORD = os.environ.get("HOST", "localhost")',
    'HOST = passwords.get("HOST", "localhost")',
    'HOST = PASSWORD or "localhost"',
    'HOST = os.environ["PASSWORD"] or "localhost"',
    'HOST = PASSWORD = "localhost"',
    'HOST, PASSWORD = "localhost", "localhost"',
    'HOST = (A, B) = ["localhost", "localhost"]',
    'PASSWORD += ["localhost"]',
    'if (PASSWORD := "localhost"): pass',
    'if HOST == "localhost": pass',
    'if password == "true": pass',
    'PASSWORD = "true"',
    'PASSWORD = "django.db.backends.postgresql"',
    'ENGINE = "localhost"',
    'HOST = "local" + "host"',
    'HOST = "local" "host"',
    'HOST = b"localhost"',
    'HOST = "local\\x68ost"',
    'HOST = """localhost"""',
    'HOST = f"localhost"',
    "HOST = f\"{'localhost'}\"",
    'HOST = "%s" % "localhost"',
    'return_value("localhost")',
    'PASSWORDS.append("shop.models")',
    'make().append("shop.models")',
    'if "API_TOKEN" in names: pass',
    'if "AKIA2345ABCDEFGHIJKL" in env: pass',
    'if "swordfish" in os.environ: pass',
    'if "f0undation" in sys.argv: pass',
    'if sys.argv[1] == "sWordfish": pass',
    'if sys.argv[1] == "swordfish": pass',
    'PASSWORD = env("SCOUT_NAME", default="foundation")',
    'X = env("USER_NAME", default="foundation")',
    'X = env("TOKEN_NAME", default="foundation")',
    'X = env("SCOUT_NAME", default="f0undation")',
    'X = env("SCOUT_NAME", default="xqzvkjwpqh")',
    'X = env("NAME", default="foundation")',
    '["localhost"]',
    '"localhost"',
    "PASSWORD = 54321",
    "SECRET_PORT_TOKEN = 54321",
    "PIN = 54321",
    'D = {"PASSWORD": os.environ.get("PORT", "5432")}',
    'SECRET_KEY = x or "hard to guess string"',
    'print("swordfish")',
    'raise Problem("swordfish")',
    'raise Problem("password is swordfish")',
    'raise Problem("use the password swordfish here")',
    'vault.info("correct horse battery staple")',
    'f("correct horse battery staple")',
    'SLACK_WEBHOOK_URL = "https://hooks.example.com/services/a"',
]


@pytest.mark.parametrize("code", HIDDEN)
def test_strings_in_other_places_are_hidden(code):
    assert shown(code) == []


def test_deep_nesting_is_no_error():
    assert shown("X = " + " + ".join(["'a'"] * 500)) == []


@pytest.mark.parametrize("part", ['"localhost", ', '{"HOST": "localhost"}, ', '[x or "db"], '])
def test_time_is_linear(part):
    assert_linear(lambda size: shown(f"HOSTS = [{part * size}]"), 2000)
