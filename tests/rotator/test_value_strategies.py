"""Secrets without a database: random values, Django's key and API keys."""

from __future__ import annotations

import json
import secrets
import sys
import types

import pytest
from bed import Bed

from shield_ai.rotator.errors import RotationError, SetupError


@pytest.mark.parametrize("strategy", ["random-value", "django-secret-key"])
@pytest.mark.parametrize("field", [None, "value", "key"])
def test_replaces_the_value(aws, strategy, field):
    old = secrets.token_hex(20)
    first = old if field is None else json.dumps({"note": "kept", field: old})
    bed = Bed(aws, first, {"ROTATION_STRATEGY": strategy})
    bed.rotate()
    new = bed.value() if field is None else bed.document()[field]
    assert new != old
    assert len(new) == (64 if strategy == "django-secret-key" else 40)
    assert field is None or bed.document()["note"] == "kept"
    assert bed.value("AWSPREVIOUS") == first
    bed.rotate()
    assert bed.value("AWSPREVIOUS") != first


def test_custom_field(aws):
    bed = Bed(aws, json.dumps({"user": "u", "token": "t"}), {"ROTATION_STRATEGY": "random-value"})
    with pytest.raises(SetupError, match="ROTATION_FIELD"):
        bed.rotate()
    bed.environ = {**bed.environ, "ROTATION_FIELD": "tokens"}
    bed.discard_pending()
    with pytest.raises(SetupError, match="no text in the field tokens of ROTATION_FIELD"):
        bed.rotate()
    bed.environ = {**bed.environ, "ROTATION_FIELD": "token"}
    bed.discard_pending()
    bed.rotate()
    assert bed.document()["user"] == "u"
    assert len(bed.document()["token"]) == 32


def test_pending_value_must_differ(aws):
    bed = Bed(aws, "same", {"ROTATION_STRATEGY": "random-value"})
    token = bed.start_rotation()
    bed.store.put_pending(token, "same")
    bed.step("testSecret", token)  # AWS tests a new configuration with a copy of the current value
    with pytest.raises(SetupError, match="equal to the current"):
        bed.step("finishSecret", token)


class Provider(types.ModuleType):
    """A key provider with its rotation hook."""

    def __init__(self, name):
        super().__init__(name)
        self.keys, self.asked, self.broken = {"first"}, [], ""
        self.error = RuntimeError

    def issue(self, current, token):
        self.asked.append((current, token))
        self.fail("issue", current)
        self.keys.add(f"key-{token}")
        return f"key-{token}"

    def test(self, value):
        self.fail("test", value)
        assert value in self.keys

    def revoke(self, value):
        self.fail("revoke", value)
        self.keys.discard(value)

    def fail(self, where, value):
        if self.broken == where:
            raise self.error(f"refused {value}")


@pytest.fixture
def provider(monkeypatch):
    name = "hook_" + secrets.token_hex(4)
    provider = Provider(name)
    monkeypatch.setitem(sys.modules, name, provider)
    return provider


@pytest.fixture
def bed(aws, provider):
    return Bed(aws, "first", {"ROTATION_STRATEGY": "api-key", "ROTATION_HOOK": provider.__name__})


def test_api_key_is_revoked_two_rotations_later(bed, provider):
    one = bed.rotate()
    assert provider.keys == {"first", f"key-{one}"}
    two = bed.rotate()
    assert provider.keys == {f"key-{one}", f"key-{two}"}
    assert provider.asked == [("first", one), (f"key-{one}", two)]
    assert (bed.value(), bed.value("AWSPREVIOUS")) == (f"key-{two}", f"key-{one}")


def test_never_revokes_a_key_that_is_current_again(bed, provider):
    bed.rotate()
    now = bed.store.describe()
    again = bed.start_rotation()
    bed.store.put_pending(again, bed.value())
    label = {"SecretId": bed.secret, "VersionStage": "AWSPREVIOUS"}
    bed.client.update_secret_version_stage(
        **label, MoveToVersionId=again, RemoveFromVersionId=now.version_with("AWSPREVIOUS")
    )
    kept = bed.value()
    bed.rotate()
    assert kept in provider.keys


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
@pytest.mark.parametrize("function", ["issue", "test", "revoke"])
def test_failing_hook(bed, provider, function, error):
    provider.error = error
    bed.rotate()
    old, token = bed.value(), bed.start_rotation()
    provider.broken = function
    with pytest.raises(
        RotationError, match=rf"{function}\(\) of the hook .* failed: {error.__name__}$"
    ) as raised:
        bed.rotate(token)
    assert raised.value.__cause__ is None
    assert bed.value() == old
    provider.broken = ""
    bed.rotate(token)
    assert bed.value() == f"key-{token}"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        pytest.param("import no_such_module", "zip: ModuleNotFoundError$", id="dependency"),
        pytest.param("raise KeyError('secret')", "zip: KeyError$", id="error"),
        pytest.param("raise SystemExit", "zip: SystemExit$", id="exit"),
        pytest.param("def test(value): ...", r"the hook \w+ has no function issue$", id="function"),
    ],
)
def test_unusable_hook(bed, tmp_path, monkeypatch, code, text):
    name = "hook_" + secrets.token_hex(4)
    (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    bed.environ = {**bed.environ, "ROTATION_HOOK": name}
    with pytest.raises(SetupError, match=text):
        bed.rotate()


@pytest.mark.parametrize(
    ("hook", "text"),
    [
        pytest.param("", "requires a hook", id="not set"),
        pytest.param("no_such_module", "zip: ModuleNotFoundError$", id="missing"),
    ],
)
def test_no_hook(bed, hook, text):
    bed.environ = {**bed.environ, "ROTATION_HOOK": hook}
    with pytest.raises(SetupError, match=text):
        bed.rotate()


def test_hook_without_a_result(bed, provider):
    provider.issue = lambda *_: None
    with pytest.raises(SetupError, match="must return the key"):
        bed.rotate()
