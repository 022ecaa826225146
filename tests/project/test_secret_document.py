from __future__ import annotations

import json

import pytest

from shield_ai.model.hidden import Hidden
from shield_ai.project.secret_document import json_field
from shield_runtime.value import SecretValue, text_or_field


@pytest.mark.parametrize("value", [True, 5432, 1.5, {"a": [None]}, "text", "true"])
def test_a_field_has_the_text_that_the_runtime_returns(value):
    document = json.dumps({"field": value})
    expected = text_or_field(SecretValue(document), "secret", "field")
    found = json_field(Hidden(document), "field")
    assert found is not None
    assert found.reveal() == expected


@pytest.mark.parametrize(
    "document", ["{}", '{"field": null}', "[1]", "text", "[" * 100_000, '{"field": NaN}']
)
def test_a_missing_field_has_no_value(document):
    assert json_field(Hidden(document), "field") is None


@pytest.mark.parametrize(
    ("document", "text"),
    [
        pytest.param('{"a": "x"}', "x", id="text"),
        pytest.param('{"a": 5432}', "5432", id="number"),
        pytest.param('{"a": true}', "true", id="boolean"),
        pytest.param('{"a": ["x"]}', '["x"]', id="array"),
        pytest.param('{"a": null}', None, id="null"),
        pytest.param('{"b": "x"}', None, id="missing"),
        pytest.param("[]", None, id="not an object"),
    ],
)
def test_fields_have_the_text_that_the_runtime_returns(document, text):
    found = json_field(Hidden(document), "a")
    assert (found and found.reveal()) == text
