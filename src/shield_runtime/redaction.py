"""A logging filter that masks the values of secrets.

It masks each value in the cache, in plain text and as encoded by repr(), JSON, URLs, HTML, shells,
Base64 and hex. If a value is a URL, its password is also masked alone. The filter can't mask:

- a value that was changed in another way: hashed, encrypted, truncated, split over several records
- a value of fewer than four characters, or one that is no longer in the cache
- the keys of a JSON secret, and its values after the first 200
- digits inside a longer number in an `extra` attribute
- what a formatter or a record factory computes itself, for example from the attributes of an object
"""

from __future__ import annotations

import contextlib
import itertools

from . import process
from .value import utf8_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from logging import LogRecord
    from typing import Any

# Fields of a JSON secret that are not masked; the masks would make logs unreadable.
PLAIN_FIELDS = ("engine", "host", "port", "dbname", "database", "username", "user")
MIN_LENGTH = 4  # characters; masking shorter values would mask ordinary text
MAX_WORDS = 200  # of a JSON secret; thousands would slow down each record
MIN_PART_LENGTH = 8  # characters; for parts of Base64 text and for single lines
MASK = "•••"
HANDLED = frozenset(["msg", "args", "exc_info", "name"])
NUMBERS = frozenset(
    ["levelno", "lineno", "created", "msecs", "relativeCreated", "thread", "process"]
)
NOT_MASKED = HANDLED | NUMBERS  # a mask in place of a number would break formatters


class RedactingFilter:
    """Masks each cached value in log records: `handler.addFilter(RedactingFilter())`.

    Masks the message, `extra` attributes, the traceback and the stack.
    """

    def filter(self, record: LogRecord) -> bool:
        """Mask a record. Always returns True, which keeps the record."""
        needles = _needles()
        if not needles:
            return True
        _mask_message(record, needles)
        _format_exception(record)
        for name, value in list(vars(record).items()):
            if name not in NOT_MASKED:
                with contextlib.suppress(Exception):  # a read-only attribute of a record factory
                    setattr(record, name, _mask_object(value, needles))
        if record.exc_info and MASK in (record.exc_text or ""):
            # A formatter that does not use exc_text would format the exception itself.
            record.exc_info = None
        return True


def _mask_message(record: LogRecord, needles: tuple[str, ...]) -> None:
    try:
        text = record.getMessage()
    except Exception:
        # The format is invalid, so the handler reports the message and the arguments.
        record.msg = _mask_object(record.msg, needles)
        record.args = _mask_object(record.args, needles)
        return
    masked = _replace(text, needles)
    # Formatters that write JSON can include arguments that the message does not contain.
    if masked != text or _contains_secret(record.args, needles):
        record.msg = masked
        record.args = None


def _contains_secret(value: Any, needles: tuple[str, ...]) -> bool:
    """Return whether an argument contains a secret value in its texts and numbers.

    Other objects are not inspected: the repr of a Django query, for example, reads the database.
    """
    import json

    try:
        plain = json.dumps(value, default=lambda _: None, ensure_ascii=False, skipkeys=True)
    except Exception:
        return True
    return _replace(plain, needles) != plain


def _format_exception(record: LogRecord) -> None:
    """Set exc_text, as a formatter would; do not change a record with an invalid exc_info."""
    if not record.exc_info or record.exc_text:
        return
    from logging import Formatter

    with contextlib.suppress(Exception):
        record.exc_text = Formatter().formatException(record.exc_info)


def mask(text: str) -> str:
    """Mask each cached value in a text."""
    return _replace(text, _needles())


# The secret values that were cached at the last call of _needles(), and its result.
_cache: tuple[frozenset[str | bytes], tuple[str, ...]] = (frozenset(), ())


def _needles() -> tuple[str, ...]:
    """Return the strings to mask, longest first."""
    global _cache  # noqa: PLW0603
    with process.lock:
        values = [value for client in process.clients for value in client.cached_values()]
    words: set[str | bytes] = {value.text for value in values if value.text}
    for value in values:
        if value.data and value.text is None:
            words.add(value.data)
        with contextlib.suppress(RecursionError):  # a deep document; its text is masked
            words.update(itertools.islice(_secret_words(value.document), MAX_WORDS))
    known = frozenset(words)
    if known != _cache[0]:
        needles = {form for word in known for form in _forms(word)}
        _cache = (known, tuple(sorted(needles, key=len, reverse=True)))
    return _cache[1]


def _replace(text: str, needles: tuple[str, ...]) -> str:
    for needle in needles:
        if needle in text:
            text = text.replace(needle, MASK)
    return text


def _mask_object(value: Any, needles: tuple[str, ...]) -> Any:
    """Mask an attribute of a record; an object without a secret value is returned unchanged.

    An object that can't be inspected, such as a list that contains itself, is masked.
    """
    try:
        return _mask_parts(value, needles)
    except Exception:
        return MASK


def _mask_parts(value: Any, needles: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return _replace(value, needles)
    if isinstance(value, dict):
        return {
            _mask_parts(key, needles): _mask_parts(item, needles) for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        items = [_mask_parts(item, needles) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        # Only a whole number is masked: the digits of a PIN occur in many other numbers.
        return MASK if str(value) in needles else value
    try:
        text = f"{value!s}\n{value!r}"
    except Exception:
        return value
    return _replace(str(value), needles) if _replace(text, needles) != text else value


def _secret_words(part: Any) -> Iterator[str]:
    """Yield the strings and numbers in a JSON document that may be secret."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for key, item in part.items():
            if key.lower() not in PLAIN_FIELDS:
                yield from _secret_words(item)
    elif isinstance(part, list):
        for item in part:
            yield from _secret_words(item)
    elif isinstance(part, (int, float)) and not isinstance(part, bool):
        with contextlib.suppress(ValueError):  # more digits than Python converts
            yield str(part)


def _forms(word: str | bytes) -> Iterator[str]:
    """Yield a value in plain text and in the encodings of several formats."""
    if isinstance(word, bytes):
        if len(word) >= MIN_LENGTH:
            yield repr(word)[2:-1]
            yield from _encoded_forms(word)
        return
    for plain in (word, *_url_password(word)):
        if len(plain) < MIN_LENGTH:
            continue
        yield plain
        yield from _escaped_forms(plain)
        yield from _encoded_forms(utf8_bytes(plain))


def _url_password(word: str) -> Iterator[str]:
    """Yield the password of a URL, as written and decoded."""
    from urllib.parse import unquote, unquote_plus, urlsplit

    try:
        password = urlsplit(word).password if "://" in word else None
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)
        yield unquote_plus(password)


def _escaped_forms(word: str) -> Iterator[str]:
    import json
    import shlex
    from html import escape
    from urllib.parse import quote, quote_plus

    encoded = utf8_bytes(word)
    yield repr(word)[1:-1]
    yield repr(repr(word))[2:-2]  # a repr inside a repr, as in the message of another error
    yield repr(repr(word)[1:-1])[1:-1]
    yield ascii(word)[1:-1]
    yield repr(encoded)[2:-1]
    for text in (json.dumps(word), json.dumps(word, ensure_ascii=False)):
        yield text[1:-1]
        yield repr(text[1:-1])[1:-1]  # JSON inside of a repr
        yield json.dumps(text)[3:-3]  # JSON inside of JSON
    for safe in ("", "/"):
        yield quote(encoded, safe=safe)
        yield quote_plus(encoded, safe=safe)
        yield quote(encoded, safe=safe).lower()
    yield escape(word)
    yield escape(word, quote=False)
    yield escape(word).replace("&#x27;", "&#39;")
    yield shlex.quote(word)
    if shlex.quote(word) != word:
        yield shlex.quote(word)[1:-1]
    for line in word.splitlines():
        if len(line) >= MIN_PART_LENGTH:
            yield line  # for example, of a private key


def _encoded_forms(encoded: bytes) -> Iterator[str]:
    """Yield a value in hex, and in Base64 at each position in a group of three bytes."""
    import base64

    yield encoded.hex()
    yield encoded.hex().upper()
    for shift in range(3):
        # Characters that depend on neighboring bytes are cut off.
        first = (0, 2, 3)[shift]
        last = (len(encoded) + shift) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * shift + encoded).decode()
            part = text[first:last]
            if len(part) >= MIN_PART_LENGTH:
                yield part
