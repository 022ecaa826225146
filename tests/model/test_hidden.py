from __future__ import annotations

import json
import pickle
import secrets
import traceback

import msgspec
import pytest

from shield_ai.model.hidden import MASK, Hidden


@pytest.fixture
def value() -> str:
    return secrets.token_hex(16)


@pytest.mark.parametrize(
    "show",
    [
        pytest.param(repr, id="repr"),
        pytest.param(str, id="str"),
        pytest.param(lambda h: f"{h}", id="f-string"),
        pytest.param(lambda h: f"{h:>40}", id="padded"),
        pytest.param("{}".format, id="format"),
        pytest.param(lambda h: "%s" % (h,), id="percent"),
        pytest.param(lambda h: json.dumps({"x": h}, default=str), id="json"),
        pytest.param(lambda h: str([h, {"k": h}]), id="container"),
        pytest.param(lambda h: repr(pickle.loads(pickle.dumps(h)).reveal()), id="pickle"),
    ],
)
def test_hidden_shows_only_a_mask(show, value):
    shown = show(Hidden(value))
    assert value not in shown
    assert MASK in shown or MASK in json.loads(shown).values()


@pytest.mark.parametrize(
    "character", [pytest.param("\ud800", id="from JSON"), pytest.param("\udcff", id="from a byte")]
)
def test_values_with_a_lone_surrogate_are_compared(character, value):
    assert Hidden(value + character) == Hidden(value + character)
    assert Hidden(value + character) != Hidden(value)


def test_hidden_is_not_json_serializable(value):
    with pytest.raises(TypeError) as caught:
        msgspec.json.encode({"x": Hidden(value)})
    assert value not in "".join(traceback.format_exception(caught.value))


def test_reveal(value):
    assert Hidden(value).reveal() == value
    assert Hidden(value) == Hidden(value)
    assert Hidden(value) != Hidden(value + "x")
    assert Hidden(value) != value
    assert not Hidden("")


def test_hidden_hides_its_length_and_hash(value):
    with pytest.raises(TypeError):
        len(Hidden(value))
    with pytest.raises(TypeError):
        hash(Hidden(value))
