from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shield_ai.model.words import word_set
from shield_ai.scan.python.classify.literals import (
    explain_not_secret,
    has_secret_like_name,
    is_harmless_value,
    is_secret_literal,
)

WORDS = word_set("SECRET KEY TOKEN PASSWORD AUTH ID NAME PUBLIC MAX URL WEBHOOK PASS CSRF USE")
NAMES = st.lists(st.sampled_from([*sorted(WORDS), "x"]), min_size=1, max_size=3).map("_".join)
PATHS = st.lists(
    NAMES | NAMES.map(str.lower) | st.sampled_from(["0", "12", "?", "key", "secret"]), max_size=4
).map(tuple)


@pytest.mark.parametrize(
    ("name", "text", "secret"),
    [
        pytest.param(
            "SECURITY_PASSWORD_HASH", "pbkdf2_sha512", False, id="how a password is hashed"
        ),
        pytest.param("ADMIN_PASSWORD_HASH", "5f4dcc3b5aa765d61d8327deb882cf99", True, id="a hash"),
        pytest.param("authtoken.Token", "fas fa-key", False, id="an icon"),
        pytest.param("WG_PRIVATE_KEY_N", "1000", False, id="a number of keys"),
        pytest.param("ADMIN_PASSWORD_MAIN", "1000", True, id="a password of digits"),
        pytest.param("FAKE_PASSWORD", "k3y-of-a-shop", False, id="a name that says fake"),
        pytest.param("FAKER_PASSWORD", "k3y-of-a-shop", True, id="another word"),
        pytest.param("API_KEY_PROD", "1000", True, id="a key of digits"),
        pytest.param("API_KEY_SHOP", "10004711000", True, id="a long number"),
        pytest.param(
            "MAPBOX_TOKEN",
            "pk.eyJ1IjoiZGphbmdvIn0.Ah4y76VVmBWqzVkw3kUzFQ",
            False,
            id="a public token",
        ),
        pytest.param("STRIPE_KEY", "pk_test_TyB5jcROwK8mlCNrn3dCwW7l", False, id="a public key"),
        pytest.param("STRIPE_KEY", "sk_test_TyB5jcROwK8mlCNrn3dCwW7l", True, id="a secret key"),
        pytest.param(
            "CAPTCHA_POST_KEY", "g-captcha-response", False, id="the name of a form field"
        ),
        pytest.param("SHOP_API_KEY", "insecure-dev-key", True, id="a key of words"),
        pytest.param("SECRET_KEY", "$(head -c 64 /dev/urandom)", False, id="a shell template"),
        pytest.param(
            "SECRET_KEY", "$wkzqm-$bvrndt$h7-&x^2k!_p4jvd8xqozt8e5#gk3r", True, id="a dollar sign"
        ),
        pytest.param("AC_PASSWORD", "urn:oasis:names:Password", False, id="a URN"),
        pytest.param("TOKEN_KEY", "[A-Za-z0-9_-]{20,40}", False, id="a range of characters"),
        pytest.param("layout_key", "PublicHearingDetail", False, id="words in camel case"),
        pytest.param("MAIL_KEY", "words of the mail service", True, id="words without an end"),
        pytest.param(
            "missing_layout_key", "ERROR: There is no key for the layout.", False, id="a message"
        ),
        pytest.param(
            "SIGNING_KEY", "This is the key for the signatures", True, id="a sentence as a key"
        ),
        pytest.param("LAYOUT_KEY", "publicHearingDetail", False, id="words in lower camel case"),
        pytest.param("SHOP_KEY", "aBcDeFgHiJkLmNoP", True, id="letters in mixed case"),
        pytest.param("SHOP_API_KEY", "CorrectHorseBattery", True, id="words for a strong name"),
        pytest.param("HAWK_SHOP_CREDENTIALS", "hawk-shop", False, id="words of the name"),
        pytest.param("PRIVATE_KEY", "privateKey", False, id="the name in camel case"),
        pytest.param("SHOP_TOKEN", "x", False, id="a single character"),
        pytest.param("SECRET_KEY", "x", True, id="a single character as Django's key"),
        pytest.param("DATA_SYNC_CREDENTIALS", "sync", False, id="a word of the name"),
        pytest.param("SHOP_PASSWORD", "shop-7f3", True, id="a word of the name and others"),
    ],
)
def test_tells_values_from_descriptions(name: str, text: str, secret: bool) -> None:
    assert is_secret_literal((name,), ast.Constant(text)) is secret


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        pytest.param(("INSECURE_DEFAULTS", "PASSWORD"), False, id="list of forbidden values"),
        pytest.param(("DEFAULTS", "PASSWORD"), True, id="another dictionary"),
        pytest.param(("INSECURE_PASSWORD",), True, id="a setting itself"),
    ],
)
def test_forbidden_values_are_no_secrets(path: tuple[str, ...], secret: bool) -> None:
    assert is_secret_literal(path, ast.Constant("admin-7f3")) is secret


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("REPLACE_THE_STRING_IN_PRODUCTION", True),
        ("CHANGE_ME", True),
        ("SHOP_SECRET_KEY", False),
        ("SECRET_KEY", False),
    ],
)
def test_a_key_to_replace_is_no_name_of_a_variable(text: str, secret: bool) -> None:
    assert is_secret_literal(("SECRET_KEY",), ast.Constant(text)) is secret


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Emergency Appeal no", False),
        ("Date of issue:", False),
        ("Emergency Appeal n°", False),
        ("k8Fq2 9zLpW3", True),
        ("sk_live_8Fq29zLpW3", True),
    ],
)
def test_labels_in_a_list_of_keys_are_no_secrets(text: str, secret: bool) -> None:
    assert is_secret_literal(("M_KEYS", "?", "0"), ast.Constant(text)) is secret


@pytest.mark.parametrize(
    ("path", "text", "secret"),
    [
        pytest.param(("SHOP_TOKEN", "0"), "Bearer", False, id="scheme of a header"),
        pytest.param(("SHOP_TOKEN", "0"), "token ", False, id="scheme with a space"),
        pytest.param(("SHOP_TOKEN", "1"), "bearer-7f3", True, id="another word"),
        pytest.param(("SHOP_PASSWORD",), "Digest", True, id="no part of a header"),
    ],
)
def test_schemes_of_headers_are_no_secrets(path: tuple[str, ...], text: str, secret: bool) -> None:
    assert is_secret_literal(path, ast.Constant(text)) is secret


@example(("TOKEN_NAME",), "x")
@example(("A", "pass", "0"), "x")
@given(
    PATHS,
    st.text("aZ9-_{}/ ", max_size=30)
    | st.sampled_from(["sk_live_1", "true", "%(x)s", "a.b", "/etc/x"]),
)
def test_names_unlike_a_secret_need_no_closer_look(path: tuple[str, ...], text: str) -> None:
    node = ast.Constant(text)
    if not has_secret_like_name(path):
        assert not is_secret_literal(path, node)
        assert not explain_not_secret(path, node)


KEY_NAMES = "    URL = 'url'\n    USER_NAME = 'userName'\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(f"class S:\n{KEY_NAMES}    PASSWORD = 'password'\n", [], id="a class"),
        pytest.param("URL = 'url'\nUSER = 'user'\nSECRET_KEY = 'secret-key'\n", [], id="a module"),
        pytest.param(
            "class S:\n    URL = 'url'\n    PASSWORD = 'password'\n",
            ["PASSWORD"],
            id="only one other",
        ),
        pytest.param(
            f"class S:\n{KEY_NAMES}    PASSWORD = 'pass-word1'\n", ["PASSWORD"], id="a value"
        ),
        pytest.param(
            f"class S:\n{KEY_NAMES}    MAIL = {{'PASSWORD': 'password'}}\n",
            ["MAIL.PASSWORD"],
            id="an entry of a dict",
        ),
    ],
)
def test_constants_with_the_names_of_keys_are_not_secrets(scanned, text, found):
    findings = scanned({"settings.py": text, "manage.py": ""}).findings
    assert [f.name for f in findings if f.rule == "CSEC34.literal"] == found


@pytest.mark.parametrize(
    ("name", "text", "is_file"),
    [
        ("TLS_KEY", "server.key", True),
        ("DJANGO_SECRET_KEY", "default.key", False),
        ("JWT_SECRET_KEY", "keys/jwt.pem", True),
    ],
)
def test_a_secret_key_is_no_file_without_a_folder(name, text, is_file):
    assert is_harmless_value(name, text) is is_file
