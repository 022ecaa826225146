"""Find secrets that contain the same login: a rotation of one would break the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from shield_ai.flow.verify.db_login import DEFAULT_PORTS
from shield_ai.model.database_fields import DATABASE_WORDS
from shield_ai.model.errors import ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.model.rotation_policy import changes_database
from shield_ai.model.words import words
from shield_ai.rotator.url import ENGINES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from shield_ai.model.manifest import Secret

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class SharedLogin(NamedTuple):
    """A secret with a database login that a rotation changes, and the others that contain it."""

    name: str
    others: tuple[str, ...]
    in_environments: tuple[str, ...] = ()  # of other environments

    @property
    def names(self) -> tuple[str, ...]:
        """All secrets that contain the login."""
        return (*self.others, *self.in_environments)

    @property
    def text(self) -> str:
        """What a rotation breaks."""
        verb = "contains" if len(self.names) == 1 else "contain"
        return (
            f"the rotation of {self.name} would break {', '.join(self.names)}, which {verb} the"
            " same login or its password"
        )

    @property
    def advice(self) -> str:
        """What to do about it."""
        others = ", ".join(self.names)
        advice = f"create a second database user for {others} and store its login there"
        if self.in_environments:
            return f"{advice}; delete a secret that no app reads"
        return f"{advice}, or let the app read {self.name} instead"


class _Login(NamedTuple):
    username: str  # empty: unknown
    password: Hidden
    host: str  # empty: unknown
    port: int  # 0: unknown


def shared_login_error(shared: SharedLogin) -> ShieldError:
    """Return the error for a rotation that would break other secrets."""
    return ShieldError(shared.text, shared.advice)


def find_shared_logins(
    secrets: Sequence[Secret], values: Mapping[str, Hidden], elsewhere: Collection[Secret] = ()
) -> Iterator[SharedLogin]:
    """Yield the secrets with a login that a rotation changes, and that other secrets contain.

    Args:
        secrets: The secrets in shield.toml.
        values: The known values, by the name of the secret.
        elsewhere: The secrets of other environments.
    """
    for secret in secrets:
        if changes_database(secret):
            shared = find_shared_login(secret, secrets, values, elsewhere)
            if shared:
                yield shared


def find_shared_login(
    secret: Secret,
    secrets: Sequence[Secret],
    values: Mapping[str, Hidden],
    elsewhere: Iterable[Secret] = (),
) -> SharedLogin | None:
    """Return a secret, with the others that contain its login; None without any.

    Args:
        secret: The secret with the login.
        secrets: The secrets in shield.toml.
        values: The known values, by the name of the secret.
        elsewhere: The secrets of other environments.
    """
    if secret.name not in values:
        return None
    others = _secrets_with_login(secret, secrets, values)
    in_environments = _secrets_with_login(secret, elsewhere, values)
    if not others and not in_environments:
        return None
    return SharedLogin(secret.name, others, in_environments)


def _secrets_with_login(
    secret: Secret, secrets: Iterable[Secret], values: Mapping[str, Hidden]
) -> tuple[str, ...]:
    own = [login for login in _logins(secret, values[secret.name]) if login.username]
    found: list[str] = []
    for other in secrets:
        if other.name == secret.name or other.name not in values:
            continue
        logins = _logins(other, values[other.name])
        if any(_is_same(login, candidate) for login in own for candidate in logins):
            found.append(other.name)
    return tuple(found)


def _is_same(login: _Login, other: _Login) -> bool:
    """Return whether two logins may be the same: an unknown part may have any value."""
    known = ((login.username, other.username), (login.host, other.host), (login.port, other.port))
    differs = any(first and second and first != second for first, second in known)
    return not differs and login.password == other.password


def _logins(secret: Secret, value: Hidden) -> list[_Login]:
    """Return the logins in a value: a JSON document, a URL, or the password of a database."""
    text = value.reveal()
    document = _parse_object(text)
    if document is None:
        found = _url_login(text)
        if found:
            return [found]
        is_of_database = any(DATABASE_WORDS & {*words(name)} for name in secret.variables())
        return [_Login("", value, "", 0)] if is_of_database and text else []
    texts = [field for field in document.values() if isinstance(field, str)]
    candidates = [_document_login(document), *map(_url_login, texts)]
    return [login for login in candidates if login]


def _parse_object(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _document_login(document: Mapping[str, Any]) -> _Login | None:
    password = document.get("password")
    if not isinstance(password, str) or not password:
        return None
    username = document.get("username") or document.get("user") or ""
    host = str(document.get("host") or "")
    engine = str(document.get("engine") or "").lower()
    port = str(document.get("port") or DEFAULT_PORTS.get(ENGINES.get(engine, ""), 0))
    number = int(port) if port.isdecimal() else 0
    return _Login(str(username), Hidden(password), _normalize_host(host), number)


def _url_login(text: str) -> _Login | None:
    """Return the login of a URL such as `sqla+postgresql://user:password@host/name`.

    None if the scheme is not that of a database.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    if not parts.scheme or not parts.password:
        return None
    username = unquote(parts.username or "")
    host = _normalize_host(parts.hostname or "")
    default_port = _default_port(parts.scheme)
    if not default_port:
        return None
    number = port or default_port
    return _Login(username, Hidden(unquote(parts.password)), host, number)


def _default_port(scheme: str) -> int:
    """Return the default port of a database; 0 for a scheme of another server."""
    for part in scheme.split("+"):
        if part in ENGINES:
            return DEFAULT_PORTS[ENGINES[part]]
    return 0


def _normalize_host(host: str) -> str:
    host = host.lower().rstrip(".")
    return "localhost" if host in _LOCAL_HOSTS else host
