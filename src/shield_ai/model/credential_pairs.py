"""Find the variables that form one credential: a key pair, a login, an OAuth client.

======================  ======================================  ================================
identifier              secret                                  fields of the JSON document
======================  ======================================  ================================
MINIO_ACCESS_KEY(_ID)   MINIO_SECRET_KEY, …_SECRET_ACCESS_KEY   access_key_id, secret_access_key
PAYMENT_ACCESS_KEY      PAYMENT_SECRET_KEY                      access_key, secret_key
RAZORPAY_KEY_ID         RAZORPAY_KEY_SECRET                     key_id, key_secret
EMAIL_HOST_USER         EMAIL_HOST_PASSWORD; RABBITMQ_…, …      username, password
GITHUB_CLIENT_ID        GITHUB_CLIENT_SECRET; CONSUMER_…        client_id, client_secret
SOCIAL_AUTH_GITHUB_KEY  SOCIAL_AUTH_GITHUB_SECRET               client_id, client_secret
TWITCH_ID               TWITCH_SECRET                           client_id, client_secret
MAILJET_API_KEY         MAILJET_API_SECRET                      api_key, api_secret
SPACES_KEY; MINIO_KEY   SPACES_SECRET                           access_key_id, secret_access_key
STORAGE_KEY             STORAGE_SECRET                          key, secret
AWS_KEY; S3_KEY …       AWS_SECRET, …_SECRET_KEY                access_key_id, secret_access_key
======================  ======================================  ================================

With ACCESS_TOKEN and ACCESS_TOKEN_SECRET, the two keys of an OAuth 1 app become one secret, with
the fields api_key or consumer_key, api_secret or consumer_secret, access_token and
access_token_secret.

Public keys that are sent to browsers, such as STRIPE_PUBLISHABLE_KEY and RECAPTCHA_SITE_KEY, are
not paired. Neither are the logins of people, such as ADMIN_USER.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Pair(NamedTuple):
    """Two variables that become one secret, or four of an OAuth 1 app."""

    name: str  # name of the secret
    fields: dict[str, str]  # field of the document -> variable; the identifier comes first


class _PairType(NamedTuple):
    prefix: re.Pattern[str]  # matches the common prefix of the variables, without its underscore
    identifiers: tuple[str, ...]  # suffixes of the identifier, most likely first
    secrets: tuple[str, ...]  # suffixes of the secret
    fields: tuple[str, str]  # of the identifier and of the secret


_STORAGE_FIELDS = ("access_key_id", "secret_access_key")  # as in AWS
_KEY_FIELDS = ("access_key", "secret_key")
_KEY_ID_FIELDS = ("key_id", "key_secret")
_LOGIN_FIELDS = ("username", "password")
_CLIENT_FIELDS = ("client_id", "client_secret")
_API_FIELDS = ("api_key", "api_secret")
_ANY = re.compile(r".*")
_NOT_EMPTY = re.compile(r".+")
_PERSON = "ADMIN|ADMINISTRATOR|SUPERUSER|ROOT|DEMO|TEST|INITIAL"
_NOT_PERSON = re.compile(rf"(?!(?:.+_)?(?:{_PERSON})\Z).+")
_USER = re.compile(rf"(?!(?:.+_)?(?:{_PERSON})_USER\Z).+_USER")
_PASSWORDS = ("PASSWORD", "PASS", "PASSWD", "PWD")
_OAUTH = re.compile(r"(?:.+_)?SOCIAL_AUTH_.+|(?:.+_)?OAUTH[12]?")
# Not after these words: APP_SECRET can be a key of the app itself, which has no ID.
_PROVIDER = re.compile(r"(?!(?:.+_)?(?:APP|APPLICATION|SESSION|JWT|COOKIE|CSRF|USER|WEBHOOK)\Z).+")
_STORES = "BUCKET|STORAGE|UPLOAD"
_STORAGE = re.compile(rf"(?:.+_)?(?:AWS|S3|R2|B2|OSS|SPACES|MINIO|CELLAR)(?:_(?:{_STORES}))?")
# Maybe of Google or Azure, with the name of an account and its private key.
_ANY_STORAGE = re.compile(rf"(?:.+_)?(?:{_STORES})")
_AWS = re.compile(r"(?:.+_)?(?:AWS|S3)")
_ACCESS_KEYS = ("ACCESS_KEY_ID", "ACCESS_KEY")
_SECRET_KEYS = ("SECRET_ACCESS_KEY", "SECRET_KEY", "ACCESS_KEY_SECRET")
_TYPES = (
    _PairType(_STORAGE, _ACCESS_KEYS, _SECRET_KEYS, _STORAGE_FIELDS),
    _PairType(_ANY_STORAGE, _ACCESS_KEYS, ("SECRET_ACCESS_KEY",), _STORAGE_FIELDS),
    _PairType(_NOT_EMPTY, ("ACCESS_KEY_ID",), ("SECRET_ACCESS_KEY",), _STORAGE_FIELDS),
    _PairType(_AWS, _ACCESS_KEYS, _SECRET_KEYS, _STORAGE_FIELDS),
    _PairType(_NOT_EMPTY, _ACCESS_KEYS, _SECRET_KEYS, _KEY_FIELDS),
    _PairType(_NOT_EMPTY, ("KEY_ID",), ("KEY_SECRET",), _KEY_ID_FIELDS),
    _PairType(_NOT_PERSON, ("USER", "USERNAME", "USER_NAME", "LOGIN"), _PASSWORDS, _LOGIN_FIELDS),
    _PairType(_USER, ("NAME",), _PASSWORDS, _LOGIN_FIELDS),
    _PairType(_NOT_EMPTY, ("API_KEY",), ("API_SECRET", "API_SECRET_KEY"), _API_FIELDS),
    _PairType(_ANY, ("CLIENT_ID",), ("CLIENT_SECRET",), _CLIENT_FIELDS),
    _PairType(_ANY, ("CONSUMER_KEY",), ("CONSUMER_SECRET",), _CLIENT_FIELDS),
    _PairType(_NOT_EMPTY, ("APP_ID",), ("APP_SECRET",), _CLIENT_FIELDS),
    _PairType(_OAUTH, ("KEY",), ("SECRET",), _CLIENT_FIELDS),
    _PairType(_PROVIDER, ("ID",), ("SECRET",), _CLIENT_FIELDS),
    _PairType(_STORAGE, ("KEY",), ("SECRET",), _STORAGE_FIELDS),
    _PairType(_ANY_STORAGE, ("KEY",), ("SECRET",), ("key", "secret")),
    _PairType(
        _AWS,
        ("ACCESS_KEY_ID", "ACCESS_KEY", "KEY_ID", "KEY"),
        ("SECRET", "SECRET_ACCESS_KEY", "SECRET_KEY"),
        _STORAGE_FIELDS,
    ),
)

# Field -> suffixes of its variable, most likely first. https://oauth.net/core/1.0a/
_TOKEN = {
    "access_token": ("ACCESS_TOKEN", "ACCESS_TOKEN_KEY", "OAUTH_TOKEN"),
    "access_token_secret": ("ACCESS_TOKEN_SECRET", "ACCESS_SECRET", "OAUTH_TOKEN_SECRET"),
}
_OAUTH_1_APPS = (
    {"api_key": ("API_KEY",), "api_secret": ("API_KEY_SECRET", "API_SECRET", "API_SECRET_KEY")}
    | _TOKEN,
    {
        "consumer_key": ("CONSUMER_KEY",),
        "consumer_secret": ("CONSUMER_SECRET", "CONSUMER_KEY_SECRET"),
    }
    | _TOKEN,
)


def find_pairs(reads: Iterable[tuple[str, str]]) -> Iterator[Pair]:
    """Yield the credential pairs among variables. Each variable is in at most one pair.

    Args:
        reads: The path and the variable of each read. Two variables form a pair only if files in
            the same folder read them.
    """
    folders: dict[str, set[str]] = defaultdict(set)
    variables: dict[str, str] = {}  # by uppercase name
    for path, variable in reads:
        folders[variable].add(path.rpartition("/")[0])
        variables.setdefault(variable.upper(), variable)
    yield from _oauth_1_apps(variables, folders)
    for pair_type in _TYPES:
        for identifier_suffix, secret_suffix in itertools.product(
            pair_type.identifiers, pair_type.secrets
        ):
            for prefix in _prefixes(variables, pair_type.prefix, identifier_suffix):
                # An earlier pair may contain one of the variables.
                identifier = variables.get(prefix + identifier_suffix)
                secret = variables.get(prefix + secret_suffix)
                if identifier and secret and folders[identifier] & folders[secret]:
                    del variables[prefix + identifier_suffix], variables[prefix + secret_suffix]
                    fields = dict(zip(pair_type.fields, (identifier, secret), strict=True))
                    yield Pair(_pair_name(prefix), fields)


def _oauth_1_apps(variables: dict[str, str], folders: Mapping[str, set[str]]) -> Iterator[Pair]:
    """Yield the credentials of OAuth 1 apps, and remove their variables.

    Args:
        variables: The variables by uppercase name.
        folders: The folders with reads of each variable.
    """
    for suffixes in _OAUTH_1_APPS:
        key, *_ = suffixes.values()
        for prefix in _prefixes(variables, _ANY, key[0]):
            found = [_first(variables, prefix, ends) for ends in suffixes.values()]
            fields = dict(zip(suffixes, found, strict=True))
            if all(found) and set.intersection(*(folders[variable] for variable in found)):
                for variable in fields.values():
                    del variables[variable.upper()]
                yield Pair(_pair_name(prefix), fields)


def _first(variables: Mapping[str, str], prefix: str, suffixes: Iterable[str]) -> str:
    """Return the first variable with a prefix and one of several suffixes, or ""."""
    return next((variables[prefix + s] for s in suffixes if prefix + s in variables), "")


def _prefixes(names: Iterable[str], pattern: re.Pattern[str], suffix: str) -> list[str]:
    """Return the prefixes of the names that end with a suffix, including the underscore.

    Args:
        names: Uppercase names.
        pattern: What a prefix must match, without its underscore.
        suffix: The suffix.
    """
    prefixes = []
    for name in names:
        prefix = name.removesuffix(suffix)
        is_whole_word = not prefix or prefix.endswith("_")
        if name.endswith(suffix) and is_whole_word and pattern.fullmatch(prefix[:-1]):
            prefixes.append(prefix)
    return prefixes


def _pair_name(prefix: str) -> str:
    """Name the secret of a pair: `EMAIL_HOST_` gives `email-credentials`."""
    stem = re.sub(r"_(HOST|SERVER|USER|(?<!BASIC_)AUTH|CREDENTIALS)$", "", prefix[:-1])
    words = re.findall(r"[a-z0-9]+", stem.lower()) or ["client"]
    return "-".join([*words, "credentials"])
