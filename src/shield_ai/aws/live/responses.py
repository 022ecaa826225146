"""Validate AWS responses before use: AWS_ENDPOINT_URL can name a broken or hostile server.

botocore does not check responses. A missing field would raise a KeyError elsewhere.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from shield_ai.model.errors import AwsError
from shield_ai.model.output_options import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from botocore.model import Shape

# What botocore's parsers raise, for example for a body that is not an object, or a date in the year
# 300,000,000,000.
_PARSE_ERRORS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
_TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "timestamp": datetime,
    "boolean": bool,
    "integer": (int, float),
    "long": (int, float),
    "float": (int, float),
    "double": (int, float),
}
# Pages per list call, enough for 250,000 CloudTrail events: a hostile server can always return
# another page.
MAX_PAGES = 5000
_LOGGED_ARGUMENTS = (
    "SecretId",
    "Name",
    "PolicyArn",
    "RoleName",
    "FunctionName",
    "Rule",
    "TopicArn",
    "KeyId",
)
_PAGE_TOKENS = {"NextToken", "Marker"}
_PARSED_POLICY = "policyDocumentType"  # IAM's model declares a string; botocore parses it


class _Structure(dict[str, Any]):
    """A structure in a response. A missing field raises AwsError instead of KeyError."""

    def __init__(self, call: str, fields: Iterable[tuple[str, Any]]) -> None:
        super().__init__(fields)
        self._call = call

    def __missing__(self, field: str) -> Any:
        raise invalid_response(self._call)


def check_responses(client: Any) -> None:
    """Patch a client to raise AwsError for responses that do not match the service model."""
    # Not at the top: the import opens a socket, and commands without AWS must open none.
    from botocore.parsers import ResponseParserError

    send = client._make_api_call  # noqa: SLF001  # all calls, paginators and waiters use it
    service = client.meta.service_model
    pages: Counter[str] = Counter()  # pages requested in the current list call, by operation

    def send_and_check(operation: str, arguments: dict[str, Any]) -> Any:
        call = f"{service.service_name}:{operation}"
        is_next_page = not _PAGE_TOKENS.isdisjoint(arguments)
        pages[operation] = pages[operation] + 1 if is_next_page else 0
        if pages[operation] > MAX_PAGES:
            raise invalid_response(call)
        OUTPUT.log(f"call {call} {_resource_name(arguments)}".rstrip())
        try:
            response = send(operation, arguments)
            shape = service.operation_model(operation).output_shape
            return _check(response, shape, call) if shape else response
        except (BotoCoreError, ClientError):
            raise
        except (ResponseParserError, *_PARSE_ERRORS):
            raise invalid_response(call) from None  # the error could quote a value

    client._make_api_call = send_and_check  # noqa: SLF001


def _resource_name(arguments: Mapping[str, Any]) -> str:
    """Return the name or ARN to log for a call. Other arguments can contain secret values."""
    for argument in _LOGGED_ARGUMENTS:
        if isinstance(arguments.get(argument), str):
            return str(arguments[argument])
    return ""


def parse_document(text: str, call: str) -> dict[str, Any]:
    """Parse a JSON document in a response, such as a policy.

    Raises:
        AwsError: The text is not a JSON object, or a policy statement in it is not an object.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not _is_document(document):
        raise invalid_response(call)
    return dict(document)


def _is_document(document: object) -> bool:
    """Return whether a JSON value is an object, and each policy statement in it is an object."""
    if not isinstance(document, dict):
        return False
    statements = document.get("Statement", [])
    if not isinstance(statements, list):
        statements = [statements]  # IAM accepts a single statement without a list
    return all(isinstance(statement, dict) for statement in statements)


def invalid_response(call: str) -> AwsError:
    """Return the error for a response that can't be used.

    Args:
        call: The service and the operation, for example `sts:GetCallerIdentity`.
    """
    return AwsError(
        f"the response to {call} is invalid",
        "check AWS_ENDPOINT_URL, and whether a proxy changes responses",
    )


def _check(value: Any, shape: Shape, call: str) -> Any:
    """Validate a value against its shape. Structures in the result report missing fields.

    Raises:
        TypeError: The type of a value differs from its shape.
    """
    kind: Any = shape  # `Shape` does not declare the attributes of its subclasses
    if kind.name == _PARSED_POLICY:
        if not _is_document(value):
            raise TypeError(kind.name)
        return value
    expected = _TYPES.get(kind.type_name)
    if expected and not isinstance(value, expected):
        raise TypeError(kind.name)
    if kind.type_name == "list":
        return [_check(item, kind.member, call) for item in value]
    if kind.type_name == "map":
        return {key: _check(item, kind.value, call) for key, item in value.items()}
    if kind.type_name != "structure":
        return value
    members = kind.members
    return _Structure(
        call,
        [
            (name, _check(item, members[name], call) if name in members else item)
            for name, item in value.items()
        ],
    )
