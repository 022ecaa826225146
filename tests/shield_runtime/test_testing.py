"""fake_secrets(), for the tests of an app."""

from __future__ import annotations

import importlib
import json
import os
import secrets
import subprocess
import sys

import pytest
from vendored_runtime import forget_copy, import_copy

from shield_runtime import (
    SecretNotFoundError,
    SecretsManagerClient,
    SecretUnavailableError,
    clear_secret_cache,
    get_secret,
    get_secret_bytes,
    get_secret_dict,
    prefetch,
    refresh_secret,
    retries_after_rotation,
)
from shield_runtime.testing import fake_secrets

pytest_plugins = ("runtime_fixtures",)
VALUE = secrets.token_hex(16)
OTHER = secrets.token_hex(16)

pytestmark = pytest.mark.usefixtures("off")


def test_values_of_each_kind():
    document = {"username": "u", "password": VALUE}
    with fake_secrets({"text": VALUE, "document": document, "binary": b"\xff"}) as fake:
        assert get_secret("text") == VALUE
        assert get_secret("text", lambda: os.environ["TEXT"] + "!") == VALUE + "!"
        assert get_secret_dict("document") == document
        assert get_secret_bytes("binary") == b"\xff"
        assert get_secret("absent", "default") == "default"
        assert prefetch("text", "document", "absent").keys() == {"absent"}
        assert fake.calls == ["text", "document", "binary", "absent"]
        assert repr(fake) == "<FakeSecrets ['binary', 'document', 'text']>"
    with pytest.raises(SecretNotFoundError):
        get_secret("text")


def test_environment_variables_hide_no_missing_secret(monkeypatch):
    monkeypatch.setenv("SHOP_KEY", VALUE)
    client = SecretsManagerClient({"shop-key": "SHOP_KEY"})
    assert client.get_secret("shop-key") == VALUE
    with client.fake_secrets({}):
        assert not client.has_secret("shop-key")
        with pytest.raises(SecretNotFoundError):
            client.get_secret("shop-key")
        assert client.get_secret("other-key", "default") == "default"


def test_fields_of_a_json_secret():
    with fake_secrets({"db:username": "u", "db:password": VALUE}) as fake:
        assert get_secret_dict("db") == {"username": "u", "password": VALUE}
        fake["db:password"] = OTHER
        assert (get_secret("db:username"), get_secret("db:password")) == ("u", OTHER)
        fake["db"] = json.dumps({"username": "u", "password": VALUE})
        fake["db:password"] = OTHER
        assert get_secret_dict("db") == {"username": "u", "password": OTHER}
        fake["arn:aws:secretsmanager:eu-central-1:1:secret:key"] = VALUE
        assert get_secret("arn:aws:secretsmanager:eu-central-1:1:secret:key") == VALUE


def test_a_name_with_a_field_stands_for_its_secret():
    with fake_secrets({"db:password": VALUE}) as fake:
        assert prefetch("db:password", "absent:password").keys() == {"absent"}
        refresh_secret("db:password")
        clear_secret_cache("db:password")
        assert get_secret("db:password") == VALUE
        assert sorted(fake.calls[:2]) == ["absent", "db"]  # read at the same time
        assert fake.calls[2:] == ["db", "db"]


def test_a_retry_after_a_rotation_reads_the_secret_of_a_field():
    with fake_secrets({"db:password": VALUE}) as fake:
        refresh_secret("db")
        accepted = []

        @retries_after_rotation("db:password", refused=lambda _: True, window=0)
        def connect():
            if get_secret("db:password") == VALUE:
                fake._secrets["db", "AWSCURRENT"] = {"password": OTHER}
                raise ConnectionError
            accepted.append(get_secret("db:password"))

        connect()
        assert accepted == [OTHER]


def test_rotation_deletion_and_outage():
    with fake_secrets({"key": VALUE, ("key", "AWSPREVIOUS"): OTHER}) as fake:
        assert get_secret("key") == VALUE
        assert get_secret("key", stage="AWSPREVIOUS") == OTHER
        fake["key"] = OTHER
        assert get_secret("key") == OTHER
        fake["key"] = SecretUnavailableError("down")
        for _ in range(2):
            with pytest.raises(SecretUnavailableError, match="down"):
                refresh_secret("key")
        del fake["key", "AWSPREVIOUS"]
        assert get_secret("key", None, stage="AWSPREVIOUS") is None
        del fake["key"]
        with pytest.raises(SecretNotFoundError):
            get_secret("key")


def test_clearing_does_not_end_it():
    with fake_secrets({"key": VALUE}):
        clear_secret_cache()
        assert get_secret("key") == VALUE


def test_one_inside_another():
    with fake_secrets({"key": VALUE}):
        with fake_secrets({"key": OTHER}):
            assert get_secret("key") == OTHER
        assert get_secret("key") == VALUE


def test_the_fixture(tmp_path):
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["shield_runtime.testing"]\n')
    (tmp_path / "test_app.py").write_text(
        "from shield_runtime import get_secret\n\n\n"
        "def test_key(fake_secrets):\n"
        "    fake_secrets['key'] = 'value'\n"
        "    assert get_secret('key') == 'value'\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    out = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert "1 passed" in out.stdout, out.stdout + out.stderr


def test_a_copy(tmp_path, monkeypatch):
    copy = import_copy(tmp_path, monkeypatch)
    try:
        with fake_secrets({"key": VALUE}, runtime=copy):
            assert copy.get_secret("key") == VALUE
            with pytest.raises(SecretNotFoundError):
                get_secret("key")
    finally:
        forget_copy()


def test_the_source_is_restored(off):
    off.setenv("KEY", OTHER)
    with fake_secrets({"key": VALUE}):
        assert get_secret("key") == VALUE
    assert get_secret("key") == OTHER


def test_without_pytest(monkeypatch):
    monkeypatch.setitem(sys.modules, "pytest", None)
    monkeypatch.delitem(sys.modules, "shield_runtime.testing")
    module = importlib.import_module("shield_runtime.testing")
    with module.fake_secrets({"key": VALUE}):
        assert get_secret("key") == VALUE


def test_serves_the_client_of_a_map_file():
    early = SecretsManagerClient({"stripe-key": "STRIPE_KEY"})
    with fake_secrets({"stripe-key": "sk_test"}) as fake:
        late = SecretsManagerClient({"stripe-key": "STRIPE_KEY"})
        assert (early.get_secret("stripe-key"), late.get_secret("stripe-key")) == ("sk_test",) * 2
        fake["stripe-key"] = "rotated"
        assert (early.get_secret("stripe-key"), late.get_secret("stripe-key")) == ("rotated",) * 2
    for client in (early, late):
        assert client.get_secret("stripe-key", None) is None
