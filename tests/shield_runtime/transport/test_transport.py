"""Responses that AWS does not send: what remains of a batch, and what an error says."""

from __future__ import annotations

import json
import threading

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shield_runtime import SecretsManagerClient, SecretUnavailableError, transport
from shield_runtime.settings import Settings

ARN = "arn:aws:secretsmanager:us-east-1:999999999999:secret:a-AbCdEf"
GOOD = {"Name": "a", "ARN": "arn:a", "SecretString": "good"}


class Transport:
    """Answer a batch with a fixed response, and single calls with the name."""

    def __init__(self, response):
        self.response = response

    def fetch(self, secret_id, stage, *, refresh):
        return {"SecretString": f"single {secret_id}"}

    def fetch_many(self, secret_ids):
        return self.response


@pytest.fixture
def crashes(monkeypatch):
    """The exceptions that threads did not handle."""
    found = []
    monkeypatch.setattr(threading, "excepthook", found.append)
    return found


@pytest.mark.parametrize(
    ("response", "value"),
    [
        pytest.param({"SecretValues": [GOOD]}, "good", id="valid"),
        pytest.param({"SecretValues": [GOOD], "Errors": [{"SecretId": ARN}]}, "good", id="no code"),
        pytest.param({"SecretValues": [GOOD], "Errors": [{"ErrorCode": "x"}]}, "good", id="no ID"),
        pytest.param({"SecretValues": [GOOD, None, "b"], "Errors": ["b"]}, "good", id="no objects"),
        pytest.param({"SecretValues": [{**GOOD, "ARN": ["a"]}]}, "good", id="ARN is a list"),
        pytest.param({"SecretValues": [{**GOOD, "SecretString": 5}]}, "single a", id="number"),
        pytest.param({"SecretValues": [{**GOOD, "SecretString": None}]}, "single a", id="null"),
        pytest.param({"SecretValues": [{**GOOD, "Name": ["a"]}]}, "single a", id="name is a list"),
        pytest.param({"SecretValues": [GOOD, GOOD]}, "single a", id="repeated"),
        pytest.param({"SecretValues": {"a": GOOD}}, "single a", id="object"),
        pytest.param(["SecretValues"], "single a", id="not an object"),
        pytest.param(
            {"SecretValues": [{**GOOD, "ARN": ARN}]}, "single a", id="same name in another account"
        ),
    ],
)
def test_batch(monkeypatch, crashes, response, value):
    monkeypatch.setenv("USE_AWS_SECRETS", "true")
    client = SecretsManagerClient(settings=Settings(), transport=Transport(response))
    client.prefetch("a", ARN)
    assert client.get_secret("a") == value
    assert crashes == []


def test_batch_without_a_connection(monkeypatch, crashes):
    def no_boto3(_kind):
        raise SecretUnavailableError("boto3 is not installed")

    monkeypatch.setattr(transport, "_connect", no_boto3)
    monkeypatch.setenv("USE_AWS_SECRETS", "true")
    failed = SecretsManagerClient().prefetch("a", "b")
    assert [str(error) for error in failed.values()] == ["boto3 is not installed"] * 2
    assert crashes == []


def test_span_of_a_failed_call_has_no_text_of_the_exception(monkeypatch):
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    monkeypatch.setenv("USE_AWS_SECRETS", "true")
    broken = Transport({})
    broken.fetch = lambda *_, **__: json.loads("a response with the value")
    client = SecretsManagerClient(settings=Settings(), transport=broken)
    with pytest.raises(SecretUnavailableError):
        client.get_secret("a")
    (span,) = exporter.get_finished_spans()
    assert span.attributes == {"aws.secretsmanager.secret.name": "a"}
    assert (span.status.status_code, span.status.description) == (
        trace.StatusCode.ERROR,
        "JSONDecodeError",
    )
    assert not span.events


@pytest.mark.parametrize(
    ("code", "is_deleted"), [("InvalidRequestException", True), ("InternalServiceError", False)]
)
def test_an_error_names_a_deleted_secret_as_its_cause(code, is_deleted):
    failure = transport.failure_of("a", code)
    assert failure.kind is SecretUnavailableError
    assert ("scheduled for deletion" in failure.text) is is_deleted
