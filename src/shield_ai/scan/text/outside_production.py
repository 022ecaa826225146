"""Recognize values that the text around them limits to tests, to development or to an example."""

from __future__ import annotations

import base64
import re
import time
from typing import TYPE_CHECKING

import msgspec

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.file_class import is_chart_defaults, is_development_config, is_test

if TYPE_CHECKING:
    from shield_ai.scan.text.place import Place

# A variable that selects a stage, such as SHOP_ENV="unit_testing".
STAGE = r"(?:\b|_)(?:env|environment|stage)[\"']?\]?[ \t]{0,9}[:=][ \t]{0,9}[\"']?(?:[a-z]+[_-])?"
TEST_STAGE = regex(STAGE + r"(?:ci|tests?|testing)\b", re.IGNORECASE)
DEVELOPMENT_STAGE = regex(STAGE + r"(?:dev|development|local)\b", re.IGNORECASE)
# The identifier of a client that only tests use.
TEST_CLIENT = regex(
    r"client_?id[\"']?[ \t]{0,9}[:=][ \t]{0,9}[\"']?tests?(?:ing)?[_-]", re.IGNORECASE
)
# The file to which a command writes the line.
TARGET = regex(r">>?[ \t]{0,9}([\w./-]{1,100})[ \t]{0,9}\Z")
COMMENT = regex(r"[ \t]*(?:#|//)")


class Claims(msgspec.Struct):
    """The claims of a JWT that limit its use: https://www.rfc-editor.org/rfc/rfc7519."""

    exp: float | None = None


def is_for_tests(place: Place) -> bool:
    """Return whether the text around a value limits it to tests."""
    if TEST_STAGE.search(place.nearby) or TEST_CLIENT.search(place.nearby):
        return True
    target = TARGET.search(place.after)
    return target is not None and is_test(target[1])


def is_for_development(place: Place) -> bool:
    """Return whether the text around a value limits it to development."""
    return bool(DEVELOPMENT_STAGE.search(place.nearby))


def is_commented_example(place: Place) -> bool:
    """Return whether a value is commented out in the defaults of a chart or in development."""
    if not COMMENT.match(place.line_start):
        return False
    return is_chart_defaults(place.path) or is_development_config(place.path)


def is_expired(token: str) -> bool:
    """Return whether a JWT has expired."""
    payload = token.split(".")[1]
    try:
        raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        expires = msgspec.json.decode(raw, type=Claims).exp
    except (ValueError, msgspec.DecodeError):
        return False
    return expires is not None and expires < time.time()
