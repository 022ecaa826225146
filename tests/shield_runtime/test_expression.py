"""The app's own expression, evaluated late: what it sees, and what nobody else sees."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import json
import os
import secrets
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from configurations import values

from shield_runtime import (
    SecretError,
    SecretFormatError,
    SecretNotFoundError,
    clear_secret_cache,
    get_secret,
    has_secret,
)
from shield_runtime.expression import _overlay

pytest_plugins = ("runtime_fixtures",)
VALUE = secrets.token_hex(16)
OTHER = secrets.token_hex(16)
HOME = os.environ.get("HOME", "")


@pytest.fixture(autouse=True)
def secret(on, monkeypatch):
    monkeypatch.delenv("TEST_SECRET", raising=False)
    on.put("test-secret", VALUE)


def test_a_computed_variable_is_of_one_secret_or_of_none(on, monkeypatch):
    which = {"TEST_SECRET": "test-secret", "TEST_USER": ("test-account", "user")}
    on.put("test-account", json.dumps({"user": OTHER}))
    monkeypatch.setenv("TEST_PLAIN", "x")
    expected = {"TEST_SECRET": VALUE, "TEST_USER": OTHER, "TEST_PLAIN": "x", "TEST_NONE": None}
    assert {
        k: get_secret(which, lambda k=k: os.environ.get(k), env=k) for k in expected
    } == expected
    assert {k: has_secret(which, env=k) for k in expected} == {
        k: bool(v) for k, v in expected.items()
    }
    monkeypatch.setenv("USE_AWS_SECRETS", "off")
    clear_secret_cache()
    assert {k: get_secret(which, lambda k=k: os.environ.get(k), env=k) for k in expected} == {
        **dict.fromkeys(expected),
        "TEST_PLAIN": "x",
    }
    assert [k for k in expected if has_secret(which, env=k)] == ["TEST_PLAIN"]


def read_file_first(variable):
    """Read a variable as images of Docker do."""
    path = os.environ.get(f"{variable}_FILE")
    return Path(path).read_text() if path else os.environ.get(variable)


def test_a_secret_wins_over_the_file_of_the_same_variable(on, monkeypatch, tmp_path):
    tmp_path.joinpath("secret").write_text(OTHER)
    monkeypatch.setenv("TEST_SECRET_FILE", str(tmp_path / "secret"))
    assert get_secret("test-secret", lambda: read_file_first("TEST_SECRET")) == VALUE
    assert os.environ["TEST_SECRET_FILE"] == str(tmp_path / "secret")
    monkeypatch.setenv("USE_AWS_SECRETS", "off")
    clear_secret_cache()
    assert get_secret("test-secret", lambda: read_file_first("TEST_SECRET")) == OTHER


WAYS = [
    pytest.param(lambda: os.environ["TEST_SECRET"], id="item"),
    pytest.param(lambda: os.environ.get("TEST_SECRET", "x"), id="get"),
    pytest.param(functools.partial(os.getenv, "TEST_SECRET"), id="getenv"),
    pytest.param(lambda: str(os.environb[b"TEST_SECRET"], "ascii"), id="environb"),
    pytest.param(lambda: os.getenvb(b"TEST_SECRET").decode(), id="getenvb"),
    pytest.param(lambda: dict(os.environ)["TEST_SECRET"], id="dict"),
    pytest.param(lambda: os.environ.copy()["TEST_SECRET"], id="copy"),
    pytest.param(lambda: dict(os.environ.items())["TEST_SECRET"], id="items"),
    pytest.param(
        lambda: next(os.environ[k] for k in os.environ if k == "TEST_SECRET"), id="iteration"
    ),
    pytest.param(lambda: (os.environ | {})["TEST_SECRET"], id="union"),
    pytest.param(lambda: "TEST_SECRET" in os.environ and VALUE, id="in"),
    pytest.param(lambda: os.environ.setdefault("TEST_SECRET", "x"), id="setdefault"),
    pytest.param(lambda: os.environ.pop("TEST_SECRET"), id="pop"),
    pytest.param(lambda: {**os.environ}["TEST_SECRET"], id="unpacking"),
]


@pytest.mark.parametrize("before", [pytest.param(None, id="unset"), pytest.param(OTHER, id="set")])
@pytest.mark.parametrize("expression", WAYS)
def test_every_way_of_asking(monkeypatch, expression, before):
    if before is not None:
        monkeypatch.setenv("TEST_SECRET", before)
    size = len(os.environ)
    assert get_secret("test-secret", expression) == VALUE
    assert type(os.environ) is type(os.environb) is os._Environ
    assert os.environ.get("TEST_SECRET") in {before, None}
    assert len(os.environ) in {size, size - 1}


def test_pop_takes_the_real_one_too(monkeypatch):
    monkeypatch.setenv("TEST_SECRET", OTHER)
    assert get_secret("test-secret", lambda: os.environ.pop("TEST_SECRET")) == VALUE
    assert "TEST_SECRET" not in os.environ


def test_popped_is_gone():
    def expression():
        value = os.environ.pop("TEST_SECRET")
        assert "TEST_SECRET" not in os.environ
        assert "TEST_SECRET" not in list(os.environ)
        with pytest.raises(KeyError):
            del os.environ["TEST_SECRET"]
        return value

    assert get_secret("test-secret", expression) == VALUE


def test_length_and_others_are_right(monkeypatch):
    monkeypatch.setenv("SOMETHING_ELSE", "x")
    size = len(os.environ)

    def expression():
        os.environ["SOMETHING_ELSE"] = "y"
        os.environ["SOMETHING_NEW"] = "z"
        del os.environ["SOMETHING_NEW"]
        return len(os.environ), os.environ["TEST_SECRET"]

    assert get_secret("test-secret", expression) == (size + 1, VALUE)
    assert os.environ["SOMETHING_ELSE"] == "y"


def test_writing_it_back_stays_inside():
    def expression():
        os.environ["TEST_SECRET"] = os.environ["TEST_SECRET"].upper()
        return os.environ["TEST_SECRET"], subprocess.check_output(
            [sys.executable, "-c", SHOW], text=True
        ).strip()

    assert get_secret("test-secret", expression) == (VALUE.upper(), "None")
    assert "TEST_SECRET" not in os.environ


SHOW = "import os; print(os.environ.get('TEST_SECRET'))"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc here")
def test_neither_proc_nor_a_child_sees_it():
    def expression():
        child = subprocess.check_output([sys.executable, "-c", SHOW], text=True).strip()
        return (
            os.environ["TEST_SECRET"],
            child,
            VALUE.encode() in Path("/proc/self/environ").read_bytes(),
        )

    assert get_secret("test-secret", expression) == (VALUE, "None", False)


def test_no_other_thread_sees_it():
    def expression():
        seen = []
        context = contextvars.copy_context()
        for run in (lambda look: look(), context.run):
            thread = threading.Thread(
                target=run, args=(lambda: seen.append(os.environ.get("TEST_SECRET")),)
            )
            thread.start()
            thread.join()
        return os.environ["TEST_SECRET"], seen

    assert get_secret("test-secret", expression) == (VALUE, [None, None])


def test_threads_see_their_own(on):
    names = [f"secret-{i}" for i in range(8)]
    for name in names:
        on.put(name, name + VALUE)
    barrier = threading.Barrier(len(names), timeout=20)
    right = []

    def run(name):
        def expression():
            barrier.wait()
            value = os.environ["TEST_SECRET"]
            barrier.wait()
            return value

        for _ in range(20):
            assert get_secret(name, expression, env="TEST_SECRET") == name + VALUE
        right.append(name)

    threads = [threading.Thread(target=run, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(right) == names
    assert type(os.environ) is os._Environ


def test_tasks_of_one_thread(on):
    on.put("other-secret", OTHER)

    async def read(name):
        await asyncio.sleep(0)
        return get_secret(name, lambda: os.environ["TEST_SECRET"], env="TEST_SECRET")

    async def main():
        return await asyncio.gather(*[read(name) for name in ("test-secret", "other-secret") * 5])

    assert asyncio.run(main()) == [VALUE, OTHER] * 5


def test_nested(on):
    on.put("other-secret", OTHER)

    def inner():
        return os.environ["OTHER_SECRET"], os.environ["TEST_SECRET"], len(list(os.environ))

    def outer():
        before = len(os.environ)
        pair = get_secret("other-secret", inner)
        assert pair[2] == before + 1
        assert "OTHER_SECRET" not in os.environ
        same = get_secret("other-secret", lambda: os.environ["TEST_SECRET"], env="TEST_SECRET")
        return *pair[:2], same, os.environ["TEST_SECRET"]

    assert get_secret("test-secret", outer) == (OTHER, VALUE, OTHER, VALUE)


def test_whole_text_or_one_field(on):
    text = json.dumps({"password": VALUE, "port": 5432, "ratio": 1.5})
    on.put("database", text)
    assert get_secret("database", lambda: os.environ["DATABASE"]) == text
    assert (
        get_secret("database", lambda: int(os.environ["DB_PORT"]), key="port", env="DB_PORT")
        == 5432
    )
    assert get_secret("database", lambda: os.environ["DATABASE"], key="ratio") == "1.5"


def test_result_is_of_any_type():
    assert get_secret("test-secret", lambda: os.environ.get("TEST_SECRET") and None) is None
    assert get_secret("test-secret", lambda: [os.environ["TEST_SECRET"]]) == [VALUE]


def test_expression_runs_each_time():
    first = get_secret("test-secret", lambda: [os.environ["TEST_SECRET"]])
    assert get_secret("test-secret", lambda: [os.environ["TEST_SECRET"]]) is not first
    assert get_secret("test-secret") == VALUE


def test_never_asked(on):
    kept = os.environ.copy()
    for expression in (
        lambda: OTHER,
        lambda: kept.get("TEST_SECRET"),
        lambda: os.environ.get("UNRELATED"),
    ):
        with pytest.raises(SecretError, match="never read the variable TEST_SECRET") as caught:
            get_secret("test-secret", expression)
        assert VALUE not in repr(caught.value)
        assert OTHER not in repr(caught.value)


def walk(error):
    """Everything an error reporter could print of it."""
    while error is not None:
        yield repr(error) + str(error.args)
        trace = error.__traceback__
        while trace is not None:
            if (
                "runtime" in Path(trace.tb_frame.f_code.co_filename).name
                and "test" not in trace.tb_frame.f_code.co_name
            ):
                yield repr(trace.tb_frame.f_locals)
            trace = trace.tb_next
        error = error.__cause__ or error.__context__


def test_failure_on_the_value_is_told_without_it():
    def convert(text):
        return int(text, 2)

    with pytest.raises(SecretFormatError, match=r"ValueError at test_expression\.py:\d+") as caught:
        get_secret("test-secret", lambda: convert(os.environ["TEST_SECRET"]))
    assert isinstance(caught.value, ValueError)
    assert not any(VALUE in text for text in walk(caught.value))


def test_failure_of_another_kind_is_the_apps_own():
    with pytest.raises(KeyError, match="UNRELATED") as caught:
        get_secret("test-secret", lambda: os.environ["UNRELATED"])
    assert not isinstance(caught.value, SecretError)
    assert not any(VALUE in text for text in walk(caught.value))


def test_interruption_goes_through():
    def expression():
        raise KeyboardInterrupt(os.environ["TEST_SECRET"][:0])

    with pytest.raises(KeyboardInterrupt):
        get_secret("test-secret", expression)
    assert type(os.environ) is os._Environ


@pytest.mark.parametrize("empty", [None, "", False, [], {}])
def test_empty_result_says_optional(empty):
    assert get_secret("absent", lambda: os.environ.get("ABSENT") or empty) == empty
    assert get_secret("absent", lambda: empty) == empty


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param(lambda: os.environ.get("ABSENT", "development"), id="development value"),
        pytest.param(lambda: os.environ["ABSENT"], id="KeyError"),
        pytest.param(lambda: int(os.environ.get("ABSENT", "x")), id="ValueError"),
    ],
)
def test_absent_and_needed(expression):
    with pytest.raises(SecretNotFoundError):
        get_secret("absent", expression)


@pytest.mark.parametrize("text", [" ", " \n"])
def test_blank_secret_never_gives_a_development_value(on, text):
    on.put("test-secret", text)
    with pytest.raises(SecretNotFoundError, match="contains only whitespace"):
        get_secret("test-secret", lambda: os.environ.get("TEST_SECRET", "").strip() or "dev")
    assert get_secret("test-secret", lambda: os.environ["TEST_SECRET"]) == text
    # A placeholder, because AWS stores no empty text.
    assert get_secret("test-secret", lambda: [os.environ["TEST_SECRET"]]) == [text]


def test_an_empty_field_never_gives_a_development_value(on):
    on.put("test-secret", json.dumps({"key": ""}))
    with pytest.raises(SecretNotFoundError, match="is empty"):
        get_secret("test-secret", lambda: os.environ.get("TEST_SECRET") or "dev", key="key")
    # Here, the empty text or nothing is the app's own result.
    assert get_secret("test-secret", lambda: os.environ.get("TEST_SECRET", "dev"), key="key") == ""
    assert get_secret("test-secret", lambda: os.environ["TEST_SECRET"] or None, key="key") is None


def test_absent_and_the_apps_own_error():
    class ImproperlyConfiguredError(Exception):
        pass

    def expression():
        raise ImproperlyConfiguredError

    with pytest.raises(ImproperlyConfiguredError) as caught:
        get_secret("absent", expression)
    assert isinstance(caught.value.__cause__, SecretNotFoundError)
    assert caught.value.__notes__ == [str(caught.value.__cause__)]


def test_what_is_denied_is_not_shown_either(monkeypatch):
    monkeypatch.setenv("ABSENT", OTHER)
    monkeypatch.setenv("AWS_SECRETS_FALLBACK", "deny")
    clear_secret_cache()
    assert get_secret("absent", lambda: os.environ.get("ABSENT")) is None
    assert (
        get_secret("absent", lambda: [value for value in os.environ.values() if value == OTHER])
        == []
    )


def test_replaced_environment_is_told(monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ))
    with pytest.raises(SecretError, match=r"os\.environ has been replaced by a dict"):
        get_secret("test-secret", lambda: os.environ["TEST_SECRET"])


def test_decouple(tmp_path):
    decouple = pytest.importorskip("decouple")
    (tmp_path / "settings.ini").write_text("[settings]\nTEST_SECRET=from-file\n")
    config = decouple.Config(decouple.RepositoryIni(str(tmp_path / "settings.ini")))
    assert get_secret("test-secret", lambda: config("TEST_SECRET")) == VALUE
    assert config("TEST_SECRET") == "from-file"


def test_django_environ(on):
    environ = pytest.importorskip("environ")
    env = environ.Env()
    on.put("database-url", f"postgres://user:{VALUE}@host:5432/name")
    assert get_secret("database-url", lambda: env.db("DATABASE_URL"))["PASSWORD"] == VALUE
    assert get_secret("absent", lambda: env("ABSENT", default="")) == ""
    with pytest.raises(environ.ImproperlyConfigured):
        get_secret("absent", lambda: env("ABSENT"))


def test_the_frame_of_another_context_is_not_seen():
    assert _overlay.get() is None


def test_an_optional_expression_decides_where_nobody_has_the_secret(monkeypatch):
    monkeypatch.setenv("DJANGO_ENV", "production")
    clear_secret_cache()

    def read():
        return os.environ.get("DB_PORT", "5432")

    with pytest.raises(SecretNotFoundError):
        get_secret("db-port", read, env="DB_PORT")
    assert get_secret("db-port", read, env="DB_PORT", optional=True) == "5432"
    with pytest.raises(SecretNotFoundError):  # a plain read has nothing to say
        get_secret("db-port", env="DB_PORT", optional=True)


def test_a_subclass_that_somebody_put_there_keeps_its_own_ways(monkeypatch):
    monkeypatch.setenv("TEST_PLAIN", "x")
    assert get_secret("test-secret") == VALUE  # botocore reads the whole environment once
    seen = []

    class Theirs(os._Environ):
        def __getitem__(self, key):
            seen.append(key)
            return super().__getitem__(key)

        def __contains__(self, key):
            seen.append(key)
            return self.encodekey(key) in self._data

        def get(self, key, default=None):
            seen.append(key)
            value = self._data.get(self.encodekey(key))
            return default if value is None else self.decodevalue(value)

    os.environ.__class__ = Theirs
    try:
        assert (
            get_secret(
                "test-secret", lambda: "TEST_SECRET" in os.environ and os.environ.get("TEST_SECRET")
            )
            == VALUE
        )
        assert (
            get_secret(
                "test-secret", lambda: os.environ.get("TEST_SECRET") and os.environ.get("HOME")
            )
            == HOME
        )
        assert (
            get_secret(
                "test-secret", lambda: "NOT_SET_AT_ALL" in os.environ or os.environ["TEST_SECRET"]
            )
            == VALUE
        )
        assert get_secret("test-secret", lambda: os.environ["TEST_SECRET"]) == VALUE
        assert (
            get_secret(
                "test-secret", lambda: (os.environ["TEST_SECRET"], os.environ["TEST_PLAIN"])[0]
            )
            == VALUE
        )
        assert type(os.environ) is Theirs
    finally:
        os.environ.__class__ = os._Environ
    assert seen.count("TEST_PLAIN") == 1
    assert "TEST_SECRET" not in seen


def test_the_app_s_own_kind_of_value_error_reaches_its_handler(monkeypatch):
    """environs raises EnvError, a ValueError, and apps catch just that."""

    class EnvError(ValueError):
        pass

    def read():
        raise EnvError("X is not set")

    monkeypatch.setenv("DJANGO_ENV", "production")
    clear_secret_cache()
    with pytest.raises(EnvError) as caught:
        get_secret("nobody-has-this", read)
    assert isinstance(caught.value.__cause__, SecretNotFoundError)


def set_up(name, value):
    """Do what django-configurations does when a class of settings is set up."""
    settings = type("Settings", (), {name: value})
    values.setup_value(settings, name, value)
    return getattr(settings, name)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param(
            lambda: values.Value("", environ_prefix=None),
            VALUE,
            id="asked for when the class is set up",
        ),
        pytest.param(
            lambda: values.Value("x", environ_name="TEST_SECRET", environ_prefix=None),
            VALUE,
            id="asked for at once",
        ),
        pytest.param(lambda: values.SecretValue(environ_prefix=None), VALUE, id="required"),
        pytest.param(lambda: values.ListValue([], environ_prefix=None), [VALUE], id="cast"),
    ],
)
def test_a_value_of_django_configurations(expression, expected):
    value = get_secret("test-secret", expression)
    assert (set_up("TEST_SECRET", value) if isinstance(value, values.Value) else value) == expected
    assert "TEST_SECRET" not in os.environ


def test_a_value_of_django_configurations_that_is_nowhere():
    empty = get_secret("no-secret", lambda: values.Value("", environ_prefix=None))
    assert set_up("NO_SECRET", empty) == ""
    with pytest.raises(SecretNotFoundError):
        get_secret("no-secret", lambda: values.Value("for development", environ_prefix=None))


def test_a_value_of_django_configurations_that_asks_for_another_variable():
    value = get_secret("test-secret", lambda: values.Value("", environ_prefix=None))
    with pytest.raises(SecretError, match="never read"):
        set_up("ANOTHER", value)
