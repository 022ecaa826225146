"""Which two variables are the halves of one credential: a key pair, a mail account, a client of OAuth.

======================  ==============================================  ================================
the one half            the other                                       the document's fields
======================  ==============================================  ================================
MINIO_ACCESS_KEY(_ID)   MINIO_SECRET_KEY, MINIO_SECRET_ACCESS_KEY …     access_key_id, secret_access_key
RAZORPAY_KEY_ID         RAZORPAY_KEY_SECRET                             the same
EMAIL_HOST_USER         EMAIL_HOST_PASSWORD; SMTP_…, MAIL_… likewise    username, password
GITHUB_CLIENT_ID        GITHUB_CLIENT_SECRET; CONSUMER_…, APP_… too     client_id, client_secret
SOCIAL_AUTH_GITHUB_KEY  SOCIAL_AUTH_GITHUB_SECRET                       the same
======================  ==============================================  ================================

A key that everybody may see (STRIPE_PUBLISHABLE_KEY, RECAPTCHA_SITE_KEY) is no half: it stands in the pages of the app.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Pair(NamedTuple):
    """Two variables that become one secret."""

    name: str  # what the secret is called
    fields: dict[str, str]  # field → variable: first the identifier, then what is secret


class _Kind(NamedTuple):
    before: re.Pattern[str]  # what both variables begin with
    identifiers: tuple[str, ...]  # how the one ends, the likeliest first
    secrets: tuple[str, ...]  # and the other
    fields: tuple[str, str]


_KEYS = ("access_key_id", "secret_access_key")
_LOGIN = ("username", "password")
_CLIENT = ("client_id", "client_secret")
_ANY, _SOME = re.compile(r".*"), re.compile(r".+")
_MAIL = re.compile(r"(?:.+_)?(?:E?MAIL|MAILER|SMTP|MAILGUN|SENDGRID)(?:_HOST|_SERVER|_AUTH)?")
_OAUTH = re.compile(r"SOCIAL_AUTH_.+|(?:.+_)?OAUTH[12]?")
_KINDS = (
    _Kind(
        _SOME,
        ("ACCESS_KEY_ID", "ACCESS_KEY"),
        ("SECRET_ACCESS_KEY", "SECRET_KEY", "ACCESS_KEY_SECRET"),
        _KEYS,
    ),
    _Kind(_SOME, ("KEY_ID",), ("KEY_SECRET",), _KEYS),
    _Kind(_MAIL, ("USER", "USERNAME", "LOGIN"), ("PASSWORD", "PASS", "PASSWD"), _LOGIN),
    _Kind(_ANY, ("CLIENT_ID",), ("CLIENT_SECRET",), _CLIENT),
    _Kind(_ANY, ("CONSUMER_KEY",), ("CONSUMER_SECRET",), _CLIENT),
    _Kind(_SOME, ("APP_ID",), ("APP_SECRET",), _CLIENT),
    _Kind(_OAUTH, ("KEY",), ("SECRET",), _CLIENT),
)


def pairs(reads: Iterable[tuple[str, str]]) -> Iterator[Pair]:
    """Find the pairs among variables, each variable in one pair at most.

    Args:
        reads: Path of a file, and a variable that it reads. Both halves are read in one folder at least.
    """
    folders: dict[str, set[str]] = defaultdict(set)
    known: dict[str, str] = {}
    for path, variable in reads:
        folders[variable].add(path.rpartition("/")[0])
        known.setdefault(variable.upper(), variable)
    for kind in _KINDS:
        for one, other in itertools.product(kind.identifiers, kind.secrets):
            for before in [name.removesuffix(one) for name in known if name.endswith(one)]:
                halves = [known.get(before + end) for end in (one, other)]
                if not all(halves) or (before and not before.endswith("_")):
                    continue
                identifier, secret = (half or "" for half in halves)
                if kind.before.fullmatch(before[:-1]) and folders[identifier] & folders[secret]:
                    del known[before + one], known[before + other]
                    yield Pair(
                        _name(before[:-1]),
                        dict(zip(kind.fields, (identifier, secret), strict=True)),
                    )


def _name(before: str) -> str:
    """Name the secret after what both variables begin with: `EMAIL_HOST_USER` is in `email-credentials`."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"_(HOST|SERVER|AUTH)$", "", before).lower())
    return "-".join([*(words or ["client"]), "credentials"])
