from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.credential_pairs import find_pairs
from shield_ai.model.manifest import SECRET_NAME

KEYS, LOGIN, CLIENT = (
    ("access_key_id", "secret_access_key"),
    ("username", "password"),
    ("client_id", "client_secret"),
)


def paired(*variables):
    return list(find_pairs(("shop/settings.py", variable) for variable in variables))


@pytest.mark.parametrize(
    ("one", "other", "name", "fields"),
    [
        pytest.param("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "aws-credentials", KEYS, id="AWS"),
        pytest.param("AWS_ACCESS_KEY", "AWS_SECRET_KEY", "aws-credentials", KEYS, id="AWS, short names"),
        pytest.param("AWS_KEY", "AWS_SECRET", "aws-credentials", KEYS, id="AWS, shortest names"),
        pytest.param("SHOP_AWS_KEY", "SHOP_AWS_SECRET_KEY", "shop-aws-credentials", KEYS, id="AWS, one short name"),
        pytest.param("AWS_ACCESS_KEY_ID", "AWS_SECRET", "aws-credentials", KEYS, id="AWS, short name of the secret"),
        pytest.param("S3_KEY", "S3_SECRET", "s3-credentials", KEYS, id="S3, short names"),
        pytest.param("S3_ACCESS_KEY", "S3_SECRET_KEY", "s3-credentials", KEYS, id="S3"),
        pytest.param("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", "minio-credentials", KEYS, id="MinIO"),
        pytest.param("AWS_SES_ACCESS_KEY_ID", "AWS_SES_SECRET_ACCESS_KEY", "aws-ses-credentials", KEYS, id="SES"),
        pytest.param("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "oss-credentials", KEYS, id="Alibaba"),
        pytest.param("PAY_SA_ACCESS_KEY", "PAY_SA_SECRET_KEY", "pay-sa-credentials", ("access_key", "secret_key"), id="other provider"),
        pytest.param("CELLAR_KEY_ID", "CELLAR_KEY_SECRET", "cellar-credentials", ("key_id", "key_secret"), id="key id"),
        pytest.param("FILE_UPLOAD_KEY", "FILE_UPLOAD_SECRET", "file-upload-credentials", ("key", "secret"), id="unknown storage"),
        pytest.param("AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_SECRET_KEY", "azure-storage-credentials", ("access_key", "secret_key"), id="storage of Azure"),
        pytest.param("SHOP_STORAGE_ACCESS_KEY", "SHOP_STORAGE_SECRET_ACCESS_KEY", "shop-storage-credentials", KEYS, id="storage with a name of AWS"),
        pytest.param("SPACES_KEY", "SPACES_SECRET", "spaces-credentials", KEYS, id="storage with the API of S3"),
        pytest.param("S3_UPLOAD_KEY", "S3_UPLOAD_SECRET", "s3-upload-credentials", KEYS, id="bucket of S3"),
        pytest.param("EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "email-credentials", LOGIN, id="mail"),
        pytest.param("SMTP_USERNAME", "SMTP_PASS", "smtp-credentials", LOGIN, id="SMTP"),
        pytest.param("SHOP_MAIL_LOGIN", "SHOP_MAIL_PASSWORD", "shop-mail-credentials", LOGIN, id="mail, with a prefix"),
        pytest.param("RABBITMQ_USERNAME", "RABBITMQ_PASSWORD", "rabbitmq-credentials", LOGIN, id="broker"),
        pytest.param("ELASTIC_USER", "ELASTIC_PASSWORD", "elastic-credentials", LOGIN, id="search"),
        pytest.param("SFTP_USER", "SFTP_PWD", "sftp-credentials", LOGIN, id="files"),
        pytest.param("RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS", "rabbitmq-default-credentials", LOGIN, id="image"),
        pytest.param("BASIC_AUTH_USER_NAME", "BASIC_AUTH_PASSWORD", "basic-auth-credentials", LOGIN, id="basic auth"),
        pytest.param("SECURITY_USER_NAME", "SECURITY_USER_PASSWORD", "security-credentials", LOGIN, id="user"),
        pytest.param("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET", "github-credentials", CLIENT, id="OAuth"),
        pytest.param("CLIENT_ID", "CLIENT_SECRET", "client-credentials", CLIENT, id="OAuth, without a prefix"),
        pytest.param("SHOP_CREDENTIALS_CLIENT_ID", "SHOP_CREDENTIALS_CLIENT_SECRET", "shop-credentials", CLIENT, id="OAuth, credentials"),
        pytest.param("SHOP_SOCIAL_AUTH_X_KEY", "SHOP_SOCIAL_AUTH_X_SECRET", "shop-social-auth-x-credentials", CLIENT, id="prefix and social auth"),
        pytest.param("SOCIAL_AUTH_GITHUB_KEY", "SOCIAL_AUTH_GITHUB_SECRET", "social-auth-github-credentials", CLIENT, id="social auth"),
        pytest.param("TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET", "twitter-credentials", CLIENT, id="OAuth 1"),
        pytest.param("FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET", "facebook-credentials", CLIENT, id="Facebook"),
        pytest.param("MAILJET_REST_API_KEY", "MAILJET_REST_API_SECRET", "mailjet-rest-credentials", ("api_key", "api_secret"), id="API"),
        pytest.param("TWITCH_ID", "TWITCH_SECRET", "twitch-credentials", CLIENT, id="OAuth, short names"),
    ],
)  # fmt: skip
def test_finds_pairs(one, other, name, fields):
    [pair] = paired(other, "DEBUG", one)
    assert pair == (name, dict(zip(fields, (one, other), strict=True)))
    assert list(pair.fields) == list(fields)
    assert SECRET_NAME.fullmatch(name)


API = ("api_key", "api_secret", "access_token", "access_token_secret")
CONSUMER = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


@pytest.mark.parametrize(
    ("suffixes", "fields"),
    [
        (("API_KEY", "API_KEY_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET"), API),
        (("API_KEY", "API_SECRET", "OAUTH_TOKEN", "OAUTH_TOKEN_SECRET"), API),
        (("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN_KEY", "ACCESS_TOKEN_SECRET"), CONSUMER),
    ],
)
def test_finds_the_four_values_of_an_oauth_1_app(suffixes, fields):
    variables = [f"NEWS_{suffix}" for suffix in suffixes]
    found = paired(*variables, *(f"NEWS_BOT_{suffix}" for suffix in suffixes))
    assert [pair.name for pair in found] == ["news-credentials", "news-bot-credentials"]
    assert found[0].fields == dict(zip(fields, variables, strict=True))


def test_the_keys_of_an_oauth_1_app_without_a_token_are_a_pair():
    [pair] = paired("NEWS_API_KEY", "NEWS_API_SECRET", "NEWS_ACCESS_TOKEN")
    assert list(pair.fields) == ["api_key", "api_secret"]


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param(("STRIPE_PUBLISHABLE_KEY", "STRIPE_SECRET_KEY"), id="public key"),
        pytest.param(("STRIPE_KEY", "STRIPE_SECRET"), id="not OAuth"),
        pytest.param(("ACCESS_KEY", "SECRET_KEY"), id="Django's key"),
        pytest.param(("LAWS_KEY", "LAWS_SECRET"), id="another word than AWS"),
        pytest.param(("GITHUB_CLIENT_ID", "GITLAB_CLIENT_SECRET"), id="two providers"),
        pytest.param(("SESSION_ID", "SESSION_SECRET"), id="the app's own key"),
        pytest.param(("STRIPE_PAID", "STRIPE_SECRET"), id="in the middle of a word"),
        pytest.param(("ADMIN_USER", "ADMIN_PASSWORD"), id="a person"),
        pytest.param(("DJANGO_SUPERUSER_USERNAME", "DJANGO_SUPERUSER_PASSWORD"), id="superuser"),
        pytest.param(("USER", "PASSWORD"), id="of the operating system"),
        pytest.param(("SFTP_HOST", "SFTP_PASSWORD"), id="host"),
        pytest.param(("EMAIL_HOST_PASSWORD",), id="one half"),
    ],
)
def test_no_pair(variables):
    assert paired(*variables) == []


def test_each_variable_is_in_its_most_likely_pair():
    found = paired("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
    assert [tuple(pair.fields.values()) for pair in found] == [
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_ACCESS_KEY", "AWS_SECRET_KEY"),
    ]


def test_pairs_are_read_in_the_same_folder():
    one, other = "GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"
    assert not list(find_pairs([("shop/settings.py", one), ("stats/settings.py", other)]))
    assert list(
        find_pairs(
            [("shop/base.py", one), ("stats/settings.py", other), ("shop/production.py", other)]
        )
    )


ENDS = [
    "ACCESS_KEY_ID",
    "ACCESS_KEY",
    "SECRET_KEY",
    "SECRET_ACCESS_KEY",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "KEY",
    "SECRET",
]
NAMES = st.builds(
    "{}_{}".format, st.sampled_from(["AWS", "SHOP", "SOCIAL_AUTH_X"]), st.sampled_from(ENDS)
)


@given(
    st.lists(NAMES, unique=True).flatmap(
        lambda names: st.tuples(st.just(names), st.permutations(names))
    )
)
def test_order_of_the_reads_is_irrelevant(both):
    one, other = (sorted(paired(*names), key=str) for names in both)
    assert [(p.name, p.fields) for p in one] == [(p.name, p.fields) for p in other]
    used = [variable for pair in one for variable in pair.fields.values()]
    assert len(used) == len(set(used))
