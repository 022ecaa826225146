"""No value gets out: not by logs, tracebacks or imports that nobody needs."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import os
import secrets
import subprocess
import sys
import threading
import traceback
import types
from pathlib import Path

import pytest

import shield_runtime as runtime
from shield_runtime import (
    RedactingFilter,
    SecretAccessDeniedError,
    SecretError,
    aget_secret,
    get_secret,
    get_secret_bytes,
    get_secret_dict,
    prefetch,
)

pytest_plugins = ("runtime_fixtures",)
PACKAGE = str(Path(runtime.__file__).parent)
VALUE = secrets.token_hex(16)
OTHER = secrets.token_hex(16)
DIGITS = "47110815471108154711"


def get_field(name):
    return get_secret(name, key="password")


def sync_aget_secret(*args):
    return asyncio.run(aget_secret(*args))


@pytest.fixture
def log():
    """Everything that anybody logs, at level DEBUG."""
    stream, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def test_debug_log_of_the_sdk(on, log):
    on.put("test-secret", VALUE)
    on.put("other-secret", OTHER)
    assert get_secret("test-secret") == VALUE
    assert prefetch("test-secret", "other-secret", "absent")
    assert get_secret("test-secret", lambda: os.environ["TEST_SECRET"]) == VALUE
    assert VALUE not in log.getvalue()
    assert OTHER not in log.getvalue()


def test_debug_log_of_the_app_goes_on(on, log):
    get_secret("test-secret", None)
    logging.getLogger("botocore.parsers").debug("of the app")
    assert "of the app" in log.getvalue()


def test_debug_log_where_no_thread_is_to_be_had(on, log, monkeypatch):
    monkeypatch.setattr(runtime.default_client._cache, "start", runtime.default_client._cache._run)
    on.put("test-secret", VALUE)
    assert get_secret("test-secret") == VALUE
    assert VALUE not in log.getvalue()
    logging.getLogger("botocore.parsers").debug("of the app")
    assert "of the app" in log.getvalue()


class TestRedactingFilter:
    @pytest.fixture
    def masked(self, on):
        on.put("test-secret", VALUE)
        on.put(
            "database",
            json.dumps({"username": "shopkeeper", "password": OTHER, "more": [{"pin": "123"}, 5]}),
        )
        get_secret("test-secret")
        get_secret_dict("database")
        stream, logger = io.StringIO(), logging.getLogger("test.redacting")
        handler = logging.StreamHandler(stream)
        handler.addFilter(RedactingFilter())
        logger.addHandler(handler)
        logger.propagate = False
        yield logger, stream
        logger.removeHandler(handler)
        logger.propagate = True

    def test_messages(self, masked):
        logger, stream = masked
        logger.warning("text %s, field %s, user shopkeeper, pin 123", VALUE, OTHER)
        logger.warning("nothing %s", "here")
        assert stream.getvalue() == "text •••, field •••, user shopkeeper, pin 123\nnothing here\n"

    def test_tracebacks(self, masked):
        logger, stream = masked
        try:
            int(VALUE + "x")
        except ValueError:
            logger.exception("failed")
        assert VALUE not in stream.getvalue()
        assert "ValueError: invalid literal for int() with base 10: '•••x'" in stream.getvalue()


def test_span_where_opentelemetry_is_in_use(on, monkeypatch):
    spans = []

    class Tracer:
        def start_as_current_span(self, name, attributes, **options):
            spans.append((name, attributes))
            assert not any(options.values())  # no text of an exception
            return contextlib.nullcontext()

    api = types.SimpleNamespace(get_tracer=lambda _name: Tracer())
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", api)
    on.put("test-secret", VALUE)
    assert get_secret("test-secret") == get_secret("test-secret") == VALUE
    assert spans == [("secretsmanager.get", {"aws.secretsmanager.secret.name": "test-secret"})]


@pytest.mark.parametrize("ask", [get_secret, get_secret_dict, get_secret_bytes, sync_aget_secret])
def test_a_literal_default_is_in_no_frame(on, ask):
    on.fault = "denied"
    with pytest.raises(SecretAccessDeniedError) as caught:
        ask("test-secret", VALUE)
    place, frames = caught.value.__traceback__.tb_next, []
    while place is not None:
        if place.tb_frame.f_code.co_filename.startswith(PACKAGE):
            frames.append(repr(place.tb_frame.f_locals))
        place = place.tb_next
    assert len(frames) > 1
    assert not any(VALUE in frame for frame in frames)


# json parses deeper documents since Python 3.12
TOO_DEEP_TO_COPY = 2000 if sys.version_info >= (3, 12) else 900


def nested(depth):
    return f'{{"password": {"[" * depth}"{VALUE}"{"]" * depth}}}'


@pytest.mark.parametrize(
    ("text", "read", "message"),
    [
        pytest.param(nested(100_000), get_field, "is not a JSON object", id="deep field"),
        pytest.param(nested(100_000), get_secret_dict, "is not a JSON object", id="deep dict"),
        pytest.param(
            nested(TOO_DEEP_TO_COPY), get_secret_dict, "is nested too deeply", id="too deep to copy"
        ),
        pytest.param(VALUE * 400_000, get_secret, "no valid value", id="12 MB"),
        pytest.param(f'{{"password": "{VALUE}', get_field, "is not a JSON object", id="cut off"),
        pytest.param(f'["{VALUE}"]', get_secret_dict, "is not a JSON object", id="list"),
        pytest.param(f'{{"x": "{VALUE}"}}', get_secret, "without any of the fields", id="names"),
        pytest.param(f'{{"x": "{VALUE}"}}', get_field, "has no field 'password'", id="field"),
        pytest.param(
            f'{{"password": "{VALUE}", "password": null}}',
            get_field,
            "no value in field",
            id="twice",
        ),
        pytest.param('{"password": 1e400}', get_field, "not finite in field", id="infinite"),
        pytest.param(f'{{"password": [NaN, "{VALUE}"]}}', get_field, "not finite", id="NaN"),
        pytest.param(
            f'{{"password": {DIGITS * 250}}}', get_field, "is not a JSON", id="5,000 digits"
        ),
    ],
)
def test_odd_secrets_are_not_shown(on, log, text, read, message):
    on.put("test-secret", text)
    with pytest.raises(SecretError, match=message) as caught:
        read("test-secret")
    error = caught.value
    assert error.__cause__ is error.__context__ is None
    below_test = error.__traceback__.tb_next
    shown = traceback.TracebackException(type(error), error, below_test, capture_locals=True)
    for part in (VALUE, DIGITS, "[[["):
        assert part not in "".join(shown.format())
        assert part not in log.getvalue()


@pytest.mark.usefixtures("off")
def test_import_is_light():
    code = (
        "import sys; before = set(sys.modules); import shield_runtime as r; r.get_secret('x', lambda: 1);"
        "new = set(sys.modules) - before; print(len(new), sorted({'json', 'ssl', 'logging', 'typing', 'boto3'} & new))"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True).split(" ", 1)
    assert int(out[0]) <= 25
    assert out[1].strip() == "[]"


GEVENT = """
import {first}
{patch}
import os, sys
import gevent
import shield_runtime as runtime
from shield_runtime import get_secret
reads = [gevent.spawn(get_secret, "test-secret") for _ in range(50)]
gevent.joinall(reads, timeout=20)
assert {{read.value for read in reads}} == {{{value!r}}}, [read.exception for read in reads]

def other():
    seen.append(os.environ.get("TEST_SECRET"))

def expression():
    gevent.spawn(other)
    gevent.sleep(0.01)
    return os.environ["TEST_SECRET"]

seen = []
assert get_secret("test-secret", expression) == {value!r}
assert seen == [None], seen
print("done")
"""


@pytest.mark.parametrize(
    ("first", "patch"),
    [
        pytest.param("gevent.monkey", "gevent.monkey.patch_all()", id="patched before"),
        pytest.param(
            "shield_ai.runtime",
            "import gevent.monkey; gevent.monkey.patch_all()",
            id="patched after",
        ),
    ],
)
def test_gevent(on, first, patch):
    pytest.importorskip("gevent", reason="gevent is not installed")
    on.put("test-secret", VALUE)
    code = GEVENT.format(first=first, patch=patch, value=VALUE)
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (out.stdout.strip(), out.returncode) == ("done", 0), out.stderr
    assert on.count() == 1


def test_frames_of_a_waiting_thread_show_no_value(on):
    """A debugger or an error reporter that prints every thread's variables while a call is under way."""
    on.put("test-secret", VALUE)
    get_secret("test-secret")
    assert on.arrived.acquire(timeout=10)
    on.gate = threading.Event()
    runtime.default_client._cache._entries["test-secret", "AWSCURRENT"].fresh_until = 0
    get_secret("test-secret")
    assert on.arrived.acquire(timeout=10)
    shown = [
        repr(frame.f_locals)
        for frame in sys._current_frames().values()
        if "shield_runtime" in frame.f_code.co_filename
    ]
    assert not any(VALUE in text for text in shown)
    assert VALUE not in repr(runtime.default_client._cache._entries)
    on.gate.set()
    asyncio.run(runtime.aget_secret("test-secret"))
