"""The value of a secret, and its conversion to text, a dictionary or bytes."""

from __future__ import annotations

from time import monotonic

from .errors import Failure, SecretFormatError, SecretNotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Without a key, get_secret() returns the first of these fields that a JSON object has.
DEFAULT_FIELDS = ("value", "password", "secret", "key")
MAX_LENGTH = 1024 * 1024  # characters or bytes; AWS allows 65,536 bytes


class SecretValue:
    """One version of a secret, parsed once."""

    __slots__ = ("data", "document", "fetched", "text")

    def __init__(self, text: str | None, data: bytes | None = None) -> None:
        if text is None and data is not None:
            try:
                text = data.decode()
            except UnicodeDecodeError:
                text = None
        self.text = text  # None if the value is binary and not UTF-8
        self.data = data  # None if AWS returned text
        self.document = _document(text)  # None if the text is not a JSON object
        self.fetched = monotonic()


def from_response(response: Any) -> SecretValue | None:
    """Return the value in a response of GetSecretValue or BatchGetSecretValue.

    Returns:
        The value; None if the response has none, if it has another type than AWS documents, or if
        it is longer than any secret.
    """
    if not hasattr(response, "get"):
        return None
    text = response.get("SecretString")
    if isinstance(text, str):
        return SecretValue(text) if len(text) <= MAX_LENGTH else None
    data = response.get("SecretBinary")
    if isinstance(data, (bytes, bytearray)) and len(data) <= MAX_LENGTH:
        return SecretValue(None, bytes(data))
    return None


def _document(text: str | None) -> dict[str, Any] | None:
    """Parse a JSON object; return None for any other text."""
    if text is None or not text.lstrip().startswith("{"):
        return None
    import json

    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def text_or_field(value: SecretValue, name: str, key: str | None) -> Any:
    """Return a secret's text, or its field `key`; a failure if the field is missing or null."""
    if key is None:
        if value.text is None:
            reason = "is binary and not UTF-8: use get_secret_bytes()"
            return Failure(SecretFormatError, f"secret {name!r} {reason}")
        return value.text
    if value.document is None:
        reason = f"is not a JSON object, so it has no field {key!r}"
        return Failure(SecretFormatError, f"secret {name!r} {reason}")
    field = value.document.get(key)
    if field is None:
        state = "no value in" if key in value.document else "no"
        return Failure(SecretNotFoundError, f"secret {name!r} has {state} field {key!r}")
    if isinstance(field, str):
        return field
    import json

    try:
        return json.dumps(field, allow_nan=False)
    except RecursionError:
        return _too_deep(name)
    except ValueError:  # Infinity or NaN; the exception contains the number
        reason = f"has a number that is not finite in field {key!r}"
        return Failure(SecretFormatError, f"secret {name!r} {reason}")


def has_default_field(value: SecretValue) -> bool:
    """Return whether a value is a JSON object with one of DEFAULT_FIELDS."""
    return _default_field(value.document or {}) is not None


def _default_field(document: dict[str, Any]) -> str | None:
    return next((field for field in DEFAULT_FIELDS if document.get(field) is not None), None)


def as_text(value: SecretValue, name: str, key: str | None) -> Any:
    """Return the text or a field; by default, the first of DEFAULT_FIELDS of a JSON object."""
    if key is None and value.document is not None:
        key = _default_field(value.document)
        if key is None:
            fields = ", ".join(DEFAULT_FIELDS)
            return Failure(
                SecretFormatError,
                f"secret {name!r} is a JSON object without any of the fields {fields}:"
                " pass key=, or use get_secret_dict()",
            )
    return text_or_field(value, name, key)


def as_dict(value: SecretValue, name: str, _key: str | None) -> Any:
    """Return a copy of the JSON object."""
    if value.document is None:
        return Failure(SecretFormatError, f"secret {name!r} is not a JSON object")
    try:
        return _deep_copy(value.document)
    except RecursionError:
        return _too_deep(name)


def _too_deep(name: str) -> Failure:
    return Failure(SecretFormatError, f"secret {name!r} is nested too deeply")


def as_bytes(value: SecretValue, _name: str, _key: str | None) -> Any:
    """Return the bytes of a binary secret, or the text in UTF-8."""
    if value.data is not None:
        return value.data
    return utf8_bytes(value.text or "")


def utf8_bytes(text: str) -> bytes:
    """Encode a text in UTF-8, including surrogates, which JSON escapes can contain."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _deep_copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _deep_copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_deep_copy(item) for item in value]
    return value
