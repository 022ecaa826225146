"""A logging filter that masks the values of secrets."""

from __future__ import annotations

from . import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from logging import LogRecord
    from typing import Any

# Fields of a JSON secret that are not masked.
NOT_SECRET = ("engine", "host", "port", "dbname", "database", "username", "user")
SHORTEST = 4  # characters; masking shorter values would mask ordinary text
MASK = "•••"


class RedactingFilter:
    """Mask in log records each value in the cache: `handler.addFilter(RedactingFilter())`."""

    def filter(self, record: LogRecord) -> bool:
        """Mask the message and the traceback; keep every record."""
        from logging import Formatter

        text = record.getMessage()
        masked = mask(text)
        if masked != text:
            record.msg = masked
            record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = mask(record.exc_text)
        return True


def mask(text: str) -> str:
    """Replace each cached value in a text."""
    with process.lock:
        values = [value for client in process.clients for value in client.cached_values()]
    words = {value.text for value in values if value.text}
    for value in values:
        words.update(_secret_words(value.document))
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= SHORTEST:
            text = text.replace(word, MASK)
    return text


def _secret_words(part: Any) -> Iterator[str]:
    """Yield the texts inside a JSON document that may be secret."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for key, item in part.items():
            if key.lower() not in NOT_SECRET:
                yield from _secret_words(item)
    elif isinstance(part, list):
        for item in part:
            yield from _secret_words(item)
