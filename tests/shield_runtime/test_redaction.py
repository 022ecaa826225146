"""Which texts that contain a secret are masked in log records."""

from __future__ import annotations

import base64
import html
import io
import json
import logging
import secrets
import shlex
import urllib.parse

import pytest

from shield_runtime import RedactingFilter, get_secret, get_secret_bytes, has_secret
from shield_runtime.redaction import MASK
from shield_runtime.testing import fake_secrets

# Characters that each format writes differently.
VALUE = "p\"a's\\s&<>/+ wö%rd$" + secrets.token_hex(8)
URL_PASSWORD = "u@l:" + secrets.token_hex(8)
URL = f"postgres://shop:{urllib.parse.quote(URL_PASSWORD, safe='')}@db.example.test/shop"
FORMS = [
    pytest.param(str, id="as is"),
    pytest.param(repr, id="repr"),
    pytest.param(ascii, id="ascii"),
    pytest.param(lambda value: repr(value.encode()), id="bytes"),
    pytest.param(lambda value: repr({"password": value}), id="repr of a dictionary"),
    pytest.param(json.dumps, id="JSON"),
    pytest.param(lambda value: json.dumps(value, ensure_ascii=False), id="JSON with Unicode"),
    pytest.param(lambda value: json.dumps({"body": json.dumps(value)}), id="JSON in JSON"),
    pytest.param(lambda value: repr(json.dumps(value)), id="JSON in a repr"),
    pytest.param(urllib.parse.quote, id="URL path"),
    pytest.param(lambda value: urllib.parse.quote(value, safe=""), id="URL component"),
    pytest.param(urllib.parse.quote_plus, id="form"),
    pytest.param(html.escape, id="HTML"),
    pytest.param(lambda value: html.escape(value, quote=False), id="HTML text"),
    pytest.param(shlex.quote, id="shell"),
    pytest.param(lambda value: base64.b64encode(value.encode()).decode(), id="Base64"),
    pytest.param(lambda value: base64.urlsafe_b64encode(value.encode()).decode(), id="Base64 of URLs"),
    pytest.param(lambda value: base64.b64encode(f"user:{value}".encode()).decode(), id="basic authentication"),
    pytest.param(lambda value: base64.b64encode(f"a{value}b".encode()).decode(), id="Base64 of a part"),
    pytest.param(lambda value: value.encode().hex(), id="hex"),
]  # fmt: skip


@pytest.fixture
def log():
    """A logger whose output is masked, and the stream that it goes to."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter())
    logger = logging.Logger("app")  # noqa: LOG001
    logger.addHandler(handler)
    with fake_secrets({"api-key": VALUE, "database-url": URL, "json": {"password": "pass-1234", "user": "shop", "pin": 987654}}):  # fmt: skip
        for name in ("api-key", "database-url", "json"):
            get_secret(name)
        yield logger, stream, handler


@pytest.mark.parametrize(
    "show",
    [repr, bytes.hex, lambda data: base64.b64encode(data).decode()],
    ids=["repr", "hex", "Base64"],
)
def test_masks_binary_secrets(log, show):
    logger, stream, _ = log
    data = b"\xff" + secrets.token_bytes(24)
    with fake_secrets({"key": data}):
        assert get_secret_bytes("key") == data
        logger.info("key %s", show(data))
    assert show(data) not in stream.getvalue()
    assert MASK in stream.getvalue()


def core(value):
    """The end of the value, which is random and has the same form in most formats."""
    return value[-16:]


@pytest.mark.parametrize("form", FORMS)
def test_form_is_masked(log, form):
    logger, stream, _ = log
    text = form(VALUE)
    logger.warning("sent %s to the server", text)
    shown = stream.getvalue()
    assert core(VALUE) not in shown
    assert "•••" in shown
    assert "to the server" in shown
    longest_left = max(len(part) for part in shown.split("•••"))
    assert longest_left < len("sent  to the server\n") + 40


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(URL, id="URL"),
        pytest.param(URL_PASSWORD, id="decoded"),
        pytest.param(urllib.parse.quote(URL_PASSWORD, safe=""), id="quoted"),
    ],
)
def test_password_of_a_url_is_masked(log, text):
    logger, stream, _ = log
    logger.error("failed: %s", text)
    assert core(URL_PASSWORD) not in stream.getvalue()


def test_fields_of_a_json_secret(log):
    logger, stream, _ = log
    logger.warning("user shop, password pass-1234, pin 987654")
    assert stream.getvalue() == "user shop, password •••, pin •••\n"


def test_short_parts_of_a_value_are_not_masked(log):
    logger, stream, _ = log
    with fake_secrets({"word": "step"}):
        get_secret("word")
        logger.warning("the shopkeeper takes a step; a template")
    assert stream.getvalue() == "the shopkeeper takes a •••; a template\n"


def test_only_the_first_fields_of_a_huge_secret_are_masked(log):
    logger, stream, _ = log
    with fake_secrets({"huge": json.dumps({"a": [f"word{n:04}" for n in range(300)]})}):
        assert has_secret("huge")
        logger.warning("word0000 word0299")
    assert stream.getvalue() == "••• word0299\n"


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(json.dumps({"password": "v4lue-of-a-test-\ud800"}), id="surrogate"),
        pytest.param('{"a":' + "[" * 480 + '"v4lue-of-a-test"' + "]" * 480 + "}", id="deep"),
    ],
)
def test_no_secret_breaks_logging(log, secret):
    logger, stream, _ = log
    with fake_secrets({"odd": secret}):
        assert has_secret("odd")
        logger.warning("hello %s", secret)
    assert "v4lue" not in stream.getvalue()


def test_extra_attributes(log):
    logger, stream, handler = log
    handler.setFormatter(
        logging.Formatter("%(message)s %(detail)s %(nested)s %(object)s %(count)s")
    )
    extra = {
        "detail": VALUE,
        "nested": {"headers": [VALUE, ("x", VALUE)]},
        "object": ValueError(VALUE),
        "count": 3,
    }
    logger.warning("request", extra=extra)
    assert core(VALUE) not in stream.getvalue()
    assert stream.getvalue().startswith("request ••• {'headers': ['•••', ('x', '•••')]}")
    assert stream.getvalue().endswith("3\n")


CYCLE = {"token": VALUE}
CYCLE["self"] = CYCLE


class FrozenRecord(logging.LogRecord):
    """A record of a factory, with a read-only attribute and another message."""

    def __setattr__(self, name, value):
        if name == "payload" and hasattr(self, name):
            raise AttributeError(name)
        super().__setattr__(name, value)

    def getMessage(self):  # noqa: N802
        return f"{self.msg} {self.args}"


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        pytest.param(({"password": VALUE},), {}, id="argument that the message lacks"),
        pytest.param(({"pin": 987654},), {}, id="number that the message lacks"),
        pytest.param((), {"nested": {VALUE: {"key": VALUE}}}, id="key"),
        pytest.param((), {"pin": 987654, "nested": {"pin": [987654]}}, id="number"),
        pytest.param((), {"pin": 1234.5678}, id="number with a fraction"),
        pytest.param((), {"cycle": CYCLE}, id="dictionary that contains itself"),
        pytest.param((), {"items": [type("Odd", (), {"__repr__": None})()]}, id="odd object"),
    ],
)
def test_formatter_that_writes_all_attributes(log, arguments, extra):
    logger, stream, handler = log
    handler.setFormatter(logging.Formatter())
    handler.format = lambda record: json.dumps(vars(record), default=lambda _: "")
    with fake_secrets({"pins": {"password": VALUE, "pin": 987654, "other": 1234.5678}}):
        get_secret("pins")
        logger.warning("request", *arguments, extra=extra)
    record = json.loads(stream.getvalue())
    record["created"] = record["thread"] = 0  # any digits
    for secret in (core(VALUE), "987654", "1234.5678"):
        assert secret not in json.dumps(record)


def test_records_of_a_factory(log):
    _, _, handler = log
    record = FrozenRecord("app", logging.INFO, "a.py", 1, "login", ({"token": VALUE},), True)
    record.payload = "unchanged"
    handler.filter(record)
    assert handler.format(logging.makeLogRecord({**vars(record), "exc_info": None})) == (
        "login {'token': '•••'}"
    )


def test_traceback_and_stack(log):
    logger, stream, _ = log
    try:
        int(f"bad value {VALUE!r}")
    except ValueError:
        logger.exception("failed", stack_info=True)
    assert core(VALUE) not in stream.getvalue()
    assert "ValueError: invalid literal" in stream.getvalue()
    assert "Stack (most recent call last)" in stream.getvalue()


def test_formatter_that_formats_the_exception_itself(log):
    logger, stream, handler = log

    class Json(logging.Formatter):
        def format(self, record):
            error = str(record.exc_info[1]) if record.exc_info else record.exc_text
            return json.dumps({"message": record.getMessage(), "error": error})

    handler.setFormatter(Json())
    try:
        int(VALUE)
    except ValueError:
        logger.exception("failed")
    assert core(VALUE) not in stream.getvalue()


def test_record_with_a_wrong_format(log, capsys):
    logger, stream, _ = log
    logger.warning("login of %s as %d", VALUE, "x")
    message = f"{VALUE} %d"
    logger.warning(message)
    logger.warning(message, {"token": VALUE})
    assert stream.getvalue() == f"{MASK} %d\n"
    error = capsys.readouterr().err
    assert error.count("--- Logging error ---") == 2
    assert core(VALUE) not in error


def test_other_records_are_unchanged(log):
    logger, stream, handler = log
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s %(lineno)d"))
    logger.warning("%s of %d", "nothing", 3)
    assert stream.getvalue().startswith("WARNING nothing of 3 ")
