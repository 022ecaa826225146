from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.finding import Confidence
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.text.credibility import Family, secret_confidence, secret_family

KEY = fill("{alnum:32}")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("DB_PASSWORD", Family.PASSWORD),
        ("password2", Family.PASSWORD),
        ("newPassword", Family.PASSWORD),
        ("client_secret", Family.SECRET),
        ("SECRET_KEY", Family.SECRET),
        ("api_key", Family.KEY),
        ("x-auth-token", Family.KEY),
        ("AWS_ACCESS_KEY_ID", Family.KEY),
        ("password_hash", Family.NONE),
        ("reset_password", Family.NONE),
        ("PASSWORD_HASHERS", Family.NONE),
        ("primary_key", Family.NONE),
        ("next_token", Family.NONE),
        ("secret_id", Family.NONE),
        ("author", Family.NONE),
        ("rootpwd", Family.PASSWORD),
        ("NOPASSWD", Family.NONE),
        ("user.password_confirmation", Family.PASSWORD),
        ("secret_key_base", Family.SECRET),
        ("from_secret", Family.NONE),
        ("existingSecret", Family.NONE),
        ("key", Family.KEY),
        ("CONJUR_DATA_KEY", Family.KEY),
        ("DATA_KEY", Family.KEY),
        ("dataKey", Family.NONE),
        ("data-key", Family.NONE),
        ("publicKeyToken", Family.NONE),
        ("TIKTOKEN_P50K_BASE", Family.NONE),
        ("", Family.NONE),
    ],
)
def test_families_of_names(name: str, expected: Family) -> None:
    assert secret_family(name) is expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter" + "22"),
        ("MYSQL_ROOT_PASSWORD", "root"),
        ("password", "correct horse battery"),
        ("password", "password"),
        ("client_secret", "hush" + "hush"),
        ("api_key", KEY),
        ("password", "changeme"),
        ("client_secret", "someclientsecret"),
        ("password", "!ChangeMe!"),
        ("key", fill("{hex:32}")),
        ("S3_SECRET_ACCESS_KEY", "minioadmin"),
        ("VAULT_TOKEN", "s." + fill("{alnum:22}42")),
        ("DISCORD_TOKEN", "73915082646" + "0918273"),
    ],
)
def test_secrets(name: str, value: str) -> None:
    assert secret_confidence(name, value) in (Confidence.MEDIUM, Confidence.HIGH)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("password", "${DB_PASSWORD}", id="shell"),
        pytest.param("password", "{{ db_password }}", id="template"),
        pytest.param("password", "%(password)s", id="format"),
        pytest.param("password", "<password>", id="angle brackets"),
        pytest.param("password", "Is this a password?", id="label"),
        pytest.param("password", "Password", id="the name again"),
        pytest.param("password", "/run/secrets/db", id="file"),
        pytest.param("private_key", "certs/server.key", id="relative file"),
        pytest.param("token", "next_page", id="name"),
        pytest.param("api_key", "1732998000000", id="time in milliseconds"),
        pytest.param("token", "12345678901234567890", id="sequence of digits"),
        pytest.param("api_key", "customer_id", id="column"),
        pytest.param("password", "settings.DB_PASSWORD", id="attribute"),
        pytest.param("password", "DB_PASSWORD", id="constant"),
        pytest.param("password", "SHOP_DATABASE__PASSWORD", id="variable of a nested field"),
        pytest.param("access_key_id", "DJANGO_AWS_ACCESS_KEY_ID", id="variable with a prefix"),
        pytest.param("secret", "arn:aws:secretsmanager:eu-west-1:1:secret:a", id="arn"),
        pytest.param("password", "abc", id="short"),
        pytest.param("signature", f"0x{'5a3f09c7d2e41b86' * 4}", id="event of a contract"),
        pytest.param("password", "--remote", id="option"),
        pytest.param("password", "string?", id="type"),
        pytest.param("client_secret", "client_secret", id="field"),
        pytest.param("client_secret", "app_client_secret", id="field with a word in front"),
        pytest.param("password", "(null)", id="nothing, in brackets"),
        pytest.param("password", "!Ref DbPassword", id="tag of YAML"),
        pytest.param("password", "sha256_password", id="name with a number"),
        pytest.param("password", "@/run/secrets/db", id="file with an at sign"),
        pytest.param("secrets", "[]Reference{", id="type of Go"),
        pytest.param("key", "app4k8s-plugin-v2-9d8f7", id="key that names something"),
        pytest.param("SecretKey", "ABCSECRETKEY", id="the name again, in capitals"),
        pytest.param("password", "%%PASSWORD%%", id="per cent signs"),
        pytest.param("password", "$RANDOM-$RANDOM", id="variables of a shell"),
        pytest.param("password", "\u5bc6\u7801", id="words in another script"),
        pytest.param("token", "settings.api_token.value2", id="attribute of an attribute"),
        pytest.param("PW", "Palau", id="country"),
        pytest.param("PW", "Afegeix un nou equipament", id="text of a minified name"),
        pytest.param("authtoken", "0004_alter_tokenproxy_options", id="migration"),
        pytest.param("authtoken", "0003_auto_20160226_1747", id="migration without a name"),
        pytest.param("smtp_password", "mail_settings", id="part of a form"),
        pytest.param("shop_oauth", "#/components/schemas/ShopOAuth2Settings", id="schema"),
        pytest.param(
            "LOGIN_TOKEN_CL100K_BASE", "login_token_cl100k_base", id="constant of its name"
        ),
    ],
)
def test_values_that_are_not_secrets(name: str, value: str) -> None:
    assert secret_confidence(name, value) is None


@pytest.mark.parametrize("value", ["db-root-password", "MANAGER"])
def test_words_are_passwords_only_in_configuration(value: str) -> None:
    assert secret_confidence("db_password", value, in_code=False) is Confidence.MEDIUM
    assert secret_confidence("db_password", value) is None


@pytest.mark.parametrize("value", ["your-" + KEY, "xxxxxxxxxxxx", "redacted-" + KEY])
def test_placeholders_have_low_confidence(value: str) -> None:
    assert secret_confidence("password", value) is Confidence.LOW


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("SHOP_API_KEY", "changeme", id="weak key"),
        pytest.param("MASTER_KEY", "master_key", id="key of its name"),
        pytest.param("SHOP_PASSWORD_SALT", "SomeSalt-NotThisEither", id="salt of words"),
        pytest.param("passwordSalt", "SomeSalt-NotThisEither", id="salt of a field"),
    ],
)
def test_weak_keys_are_secrets_only_in_configuration(name: str, value: str) -> None:
    assert secret_confidence(name, value, in_code=False) is Confidence.MEDIUM
    assert secret_confidence(name, value) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("CACHE_KEY", "changeme", id="key of an entry"),
        pytest.param("ACCESS_TOKEN_EXPIRE_MINUTES", "86400", id="number"),
        pytest.param("api_key", "changeme", id="field"),
        pytest.param("salt", "SomeState-NotThisEither", id="SaltStack"),
        pytest.param("PASSWORD_SALT", "password-salt", id="field of a salt"),
    ],
)
def test_other_words_are_not_keys_in_configuration(name: str, value: str) -> None:
    assert secret_confidence(name, value, in_code=False) is None


@pytest.mark.parametrize("value", ["super-secret", "top_secret", "not-so-secret-key"])
def test_made_up_secrets_are_not_names_of_fields(value: str) -> None:
    assert secret_confidence("client_secret", value) is Confidence.MEDIUM


def test_markup_is_not_a_secret() -> None:
    assert secret_confidence("password", "<insert>" + KEY) is None


def test_non_production_files_have_medium_confidence() -> None:
    assert secret_confidence("api_key", KEY) is Confidence.HIGH
    assert secret_confidence("api_key", KEY, non_production=True) is Confidence.MEDIUM


def test_unquoted_value_may_be_code() -> None:
    assert secret_confidence("password", "get_password(user)", quoted=False) is None
    assert secret_confidence("password", "hunter" + "22", quoted=False) is Confidence.MEDIUM


@given(st.text(max_size=40), st.text(), st.booleans(), st.booleans())
def test_accepts_any_text(name: str, value: str, quoted: bool, non_production: bool) -> None:
    secret_confidence(name, value, quoted=quoted, non_production=non_production)


def test_bracket_within_random_text_belongs_to_the_value() -> None:
    text = fill("{alnum:10}27]{alnum:4}")
    assert secret_confidence("password", text + "}", quoted=False) is Confidence.HIGH
    assert secret_confidence("password", fill("{alnum:16})"), quoted=False) is None


def test_unquoted_word_with_underscores_is_a_variable() -> None:
    assert (
        secret_confidence("p_password", "request_new_password", quoted=False, in_code=False) is None
    )
    assert secret_confidence("PASSWORD", "new_password", quoted=False, in_code=False) is None


def test_unquoted_word_with_underscores_is_the_value_of_a_variable() -> None:
    in_config = secret_confidence("DB_PASSWORD", "shop_pass", quoted=False, in_code=False)
    assert in_config is Confidence.MEDIUM
    assert secret_confidence("DB_PASSWORD", "shop_pass", quoted=False) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET_KEY", "secret"),
        ("FLASK_SECRET", "secret"),
        ("AWS_SECRET_ACCESS_KEY", "thunderstore"),
    ],
)
def test_variables_in_configuration_may_have_weak_secrets(name: str, value: str) -> None:
    assert secret_confidence(name, value, in_code=False) is Confidence.MEDIUM
    assert secret_confidence(name, value) is None
    assert secret_confidence(name.lower(), value, in_code=False) is None
