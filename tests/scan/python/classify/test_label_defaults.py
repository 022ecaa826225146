from __future__ import annotations

import ast

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.python.classify.label_defaults import explain_label, is_name_of_secret


@pytest.mark.parametrize(
    ("name", "default", "is_label"),
    [
        pytest.param("REDIS_URL", "redis", True, id="host"),
        pytest.param("SMTP_URL", "localhost", True, id="localhost"),
        pytest.param("BROKER_URL", "rabbit.internal", True, id="domain"),
        pytest.param("REDIS_URL", "redis://redis:6379/0", False, id="URL"),
        pytest.param("CLUSTER_URL", "svc.cluster.local", True, id="domain of a cluster"),
        pytest.param("TASK_PROXY_URL", "http://localhost:7004", True, id="service"),
        pytest.param("TASK_PROXY_URL", "http://shop:pass@proxy", False, id="login"),
        pytest.param("DATABASE_URL", "changeme", False, id="placeholder"),
        pytest.param("PREMIUM_PRODUCT_KEY", "relay-premium-127", True, id="label"),
        pytest.param("SIGNING_KEY", "relay-premium-127", False, id="strong key"),
        pytest.param("PREMIUM_KEY", "my-dev-key", False, id="key for development"),
        pytest.param("PREMIUM_KEY", "q8f7a6s5d8f76as", False, id="random text"),
        pytest.param("COOKIE_THEME_SET_KEY", "cookie_theme_set", True, id="name of a cookie"),
        pytest.param("THEME_CHOICE_KEY", "theme-choice", True, id="words of the name"),
        pytest.param("THEME_CHOICE_KEY", "themeChoice", True, id="camel case"),
        pytest.param("USER_COOKIE_KEY", "user_cookie", True, id="cookie of users"),
        pytest.param("SESSION_COOKIE_KEY", "session_cookie", False, id="may sign sessions"),
        pytest.param("COOKIE_KEY", "cookie", False, id="may sign cookies"),
        pytest.param("COOKIE_SIGNING_KEY", "cookie_signing", False, id="signs cookies"),
        pytest.param("COOKIE_AES_KEY", "cookie_aes", False, id="encrypts cookies"),
        pytest.param("STRIPE_API_KEY", "stripe_api", False, id="API key"),
        pytest.param("STRIPE_LIVE_KEY", "stripe_live_key", False, id="placeholder"),
        pytest.param("COOKIE_SECRET", "cookie_secret", False, id="secret"),
        pytest.param("API_TOKEN", "relay-premium-127", False, id="token"),
        pytest.param("BOT_WEBHOOK_URL", "https://shop.org/bot/hook/", True, id="own address"),
        pytest.param(
            "BOT_WEBHOOK_URL", "https://hooks.org/a/T0A/x9", False, id="path with a token"
        ),
        pytest.param("SLACK_URL", "https://join.slack.com/t/a/x-1", True, id="invitation"),
        pytest.param("SLACK_URL", "http://localhost:9002", True, id="API of a chat"),
        pytest.param("SLACK_URL", "https://hooks.slack.com/services/T/B/x", False, id="chat hook"),
        pytest.param("DISCORD_URL", "", False, id="no default"),
        pytest.param("BOT_WEBHOOK_URL", "http://localhost:8000/hook", False, id="local address"),
        pytest.param("BOT_WEBHOOK_URL", "https://example.org/hook", False, id="example"),
        pytest.param("SEARCH_URL", "https://shop.org/search", False, id="URL of a service"),
    ],
)
def test_label(name, default, is_label):
    assert (explain_label(name, ast.Constant(default)) is not None) is is_label


def test_a_name_of_a_cookie_is_listed_with_the_reason():
    text = b"import os\nA = os.environ['COOKIE_CONSENT_KEY']\n"
    found = scan_files("shop", ["settings.py"], {"settings.py": text}.get)
    assert not found.sites
    assert [skip.id for skip in found.harmless] == [SkipId.HARMLESS_NAME]


def test_a_read_with_a_label_is_no_secret(sites):
    reads = "import os\nA = os.environ.get('REDIS_URL', '{}')\n".format
    assert sites(reads("redis")) == []
    assert sites(reads("redis://h")) == [("read", "REDIS_URL", "")]


@pytest.mark.parametrize(
    ("name", "default", "expected"),
    [
        pytest.param("CSRF_SIGNER_SECRET", "HS256", False, id="algorithm of JSON Web Tokens"),
        pytest.param("CSRF_SIGNER_SECRET", "HS25", True, id="text"),
        pytest.param("SSH_CONNECTION", "", False, id="SSH login without a password"),
        pytest.param("SMTP_CONNECTION", "", True, id="another connection"),
        pytest.param("BOOKING_ENDPOINT", "", False, id="endpoint"),
        pytest.param("BOOKING_WEBHOOK_ENDPOINT", "", True, id="endpoint of a webhook"),
        pytest.param("BOOKING_BASE_URL", "", False, id="base URL"),
    ],
)
def test_a_read_of_an_algorithm_or_an_ssh_login_is_no_secret(sites, name, default, expected):
    text = f"import os\nCONNECTION_STRING = os.environ.get('{name}', '{default}')\n"
    assert sites(text) == [("read", name, "")] * expected


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        pytest.param("shop_cache", False, id="table"),
        pytest.param("redis://cache", True, id="URL"),
        pytest.param("", True, id="none"),
    ],
)
def test_a_place_of_a_cache_that_is_no_url_is_no_secret(sites, default, expected):
    read = f"os.environ.get('CACHE_LOCATION', '{default}')"
    found = sites(f"import os\nCACHES = {{'default': {{'BACKEND': B, 'LOCATION': {read}}}}}\n")
    assert found == [("read", "CACHE_LOCATION", "")] * expected


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        pytest.param("sqs://", False, id="IAM role"),
        pytest.param("sqs://key:secret@", True, id="access key"),
        pytest.param("amqp://mq", True, id="another broker"),
    ],
)
def test_a_broker_that_the_role_of_the_app_may_use_is_no_secret(sites, default, expected):
    found = sites(f"import os\nURL = os.environ.get('CELERY_BROKER_URL', '{default}')\n")
    assert found == [("read", "CELERY_BROKER_URL", "")] * expected


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        pytest.param(
            "REST_FRAMEWORK = {'DEFAULT_THROTTLE_RATES': {'token': %s}}", False, id="rate"
        ),
        pytest.param("REST_FRAMEWORK = {'DEFAULT_USERS': {'token': %s}}", True, id="token"),
    ],
)
def test_a_rate_of_tokens_is_no_secret(sites, setting, expected):
    read = "os.environ.get('TOKEN_THROTTLE_RATE', '100/s')"
    found = sites(f"import os\n{setting % read}\n")
    assert found == [("read", "TOKEN_THROTTLE_RATE", "")] * expected


@pytest.mark.parametrize(
    ("name", "default", "expected"),
    [
        pytest.param("SANDBOX_PROXY_CA_SECRET", "sandbox-proxy-ca", True, id="Kubernetes Secret"),
        pytest.param("SHOP_SECRET", "shop", False, id="one word"),
        pytest.param("SHOP_API_SECRET", "open-sesame", False, id="other words"),
        pytest.param("SHOP_API_TOKEN", "shop-api", False, id="token"),
        pytest.param("RESET_SALT", "passwordreset", True, id="namespace"),
        pytest.param("EMAIL_SALT", "email-confirmation", True, id="namespace of words"),
        pytest.param("PASSWORD_SALT", "opensesame", False, id="word"),
        pytest.param("RESET_SALT", "reset9f8a", False, id="digits"),
        pytest.param("RESET_KEY", "passwordreset", False, id="key"),
        pytest.param("HASH_SALT", "shop-api-key-cache-v1", True, id="namespace with a version"),
        pytest.param("HASH_SALT", "shop-dev-v1", False, id="salt for development"),
        pytest.param("HASH_SALT", "changeme-v1", False, id="placeholder"),
        pytest.param("HASH_SALT", "k3y0f4t3st-8f7a6s5-v1", False, id="random text"),
        pytest.param("PASSWORD_SALT", "shop-users-v1", False, id="salt of passwords"),
    ],
)
def test_name_of_secret(name, default, expected):
    assert is_name_of_secret(name, ast.Constant(default)) is expected


@pytest.mark.parametrize(
    ("default", "is_found"),
    [
        pytest.param("'mongodb://localhost/%s' % NAME", True, id="percent"),
        pytest.param("'amqp://' + NAME", True, id="sum"),
        pytest.param("f'redis://{NAME}'", True, id="f-string"),
        pytest.param("'redis://'", False, id="scheme alone"),
        pytest.param("'redis://cache/{}'.format(NAME)", True, id="format"),
        pytest.param("'https://shop/%s' % NAME", False, id="another URL"),
        pytest.param("NAME", False, id="name"),
    ],
)
def test_a_computed_default_with_the_url_of_a_server_shows_a_secret(sites, default, is_found):
    text = f"import os\nNAME = 'shop'\nARCHIVE = os.environ.get('ARCHIVED_URI', {default})\n"
    assert sites(text) == [("read", "ARCHIVED_URI", "")] * is_found
