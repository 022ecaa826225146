from __future__ import annotations

import ast

import pytest

from shield_ai.scan.python.readers.known_readers import Library
from shield_ai.scan.python.readers.library_reads import library_read


@pytest.mark.parametrize(
    ("path", "call", "found"),
    [
        pytest.param("sentry_sdk.init", "f(debug=True)", ("sentry_sdk.init", "SENTRY_DSN"), id="sentry"),
        pytest.param("openai.OpenAI", "f()", ("openai.OpenAI", "OPENAI_API_KEY"), id="OpenAI"),
        pytest.param("openai.OpenAI", "f(api_key=x)", ("", ""), id="with the value"),
        pytest.param("sentry_sdk.init", "f(x)", ("", ""), id="with a positional value"),
        pytest.param("sentry_sdk.init", "f(**x)", ("", ""), id="with unknown arguments"),
        pytest.param("sentry_sdk.flush", "f()", ("", ""), id="another function"),
    ],
)  # fmt: skip
def test_finds_variables_that_libraries_read(path, call, found):
    node = ast.parse(call, mode="eval").body
    assert library_read(node, Library(path)) == found
    assert library_read(node, None) == ("", "")
