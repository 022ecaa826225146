"""The server of the AWS emulator: moto behind a gateway that corrects its differences from AWS.

Only the services that shield uses are available; calls to others fail with an error that names
the service. A lock makes calls of Secrets Manager atomic, as in AWS: moto checks and then writes,
so that concurrent calls could interfere. `deviations.py` lists the remaining differences.
"""

from __future__ import annotations

import http
import io
import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.secretsmanager.models import secretsmanager_backends
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from shield_ai.aws.live.kinds.registry import KINDS
from shield_ai.sandbox.emulator import ACCOUNT, access, deviations, identity, lambda_runtime
from shield_ai.sandbox.emulator.cloudtrail import EventHistory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.sandbox.emulator.identity import Role

    Environ = dict[str, Any]

# The services of the resources, and the others that shield uses, by their name in a signature.
SERVICES = {"cloudtrail", "kms", "monitoring", "sts"}
SERVICES.update(kind.arn.split(":")[2] for kind in KINDS.values() if kind.arn.startswith("arn:"))
HEALTH_PATH = "/_local/health"
MOTO_API_PATH = "/moto-api/"  # tests use it to reset the account
JSON_TYPE = "application/x-amz-json-1.1"
CORS = "access-control-"  # moto's headers, which are removed, allow web pages to read responses


class Gateway:
    """A WSGI application in front of moto.

    Args:
        access_key_id: Only requests with this key, or with that of an assumed role, are accepted.
        runs_hooks: Run rotation functions that contain an app's hook.
    """

    def __init__(self, access_key_id: str, *, runs_hooks: bool = False) -> None:
        self.access_key_id = access_key_id
        self.runs_hooks = runs_hooks
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.Lock()
        self.history = EventHistory()

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Handle one request."""
        response = self.handle(environ)
        for name in [name for name, _ in response.headers if name.lower().startswith(CORS)]:
            del response.headers[name]
        return response(environ, start_response)

    def handle(self, environ: Environ) -> Response:
        """Return the response to a request."""
        path = environ.get("PATH_INFO", "")
        _, region, service = access.parse_credential(environ.get("HTTP_AUTHORIZATION", ""))
        if path == HEALTH_PATH:
            return Response("ok")
        refusal = access.refusal(environ, self.access_key_id, identity.assumed_role_keys())
        if refusal:
            status = http.HTTPStatus.FORBIDDEN
            return error_response(environ, status, "UnrecognizedClientException", refusal)
        if path.startswith(MOTO_API_PATH):
            service = ""
            self.history.clear()
        elif operation(environ) == "LookupEvents":
            return json_response(self.history.lookup(json.loads(read_body(environ))))
        elif service and service not in SERVICES:
            text = f"the AWS emulator has no {service}; it has {', '.join(sorted(SERVICES))}"
            return error_response(
                environ, http.HTTPStatus.BAD_REQUEST, "UnknownOperationException", text
            )
        try:
            if service == "secretsmanager":
                return self.handle_secrets_manager(environ, region)
            return self.call_moto(environ)
        except NotImplementedError as error:
            # Clients retry a 500, but not a 501.
            status = http.HTTPStatus.NOT_IMPLEMENTED
            text = f"in the AWS emulator: {error}"
            return error_response(environ, status, "NotImplemented", text)

    def call_moto(self, environ: Environ) -> Response:
        """Return moto's response."""
        return Response.from_app(self.moto, environ, buffered=True)

    def handle_secrets_manager(self, environ: Environ, region: str) -> Response:
        """Handle a call of Secrets Manager, one at a time, and record it in CloudTrail."""
        body = json.loads(read_body(environ) or b"{}")
        with self.lock:
            response = _SecretsManagerCall(self, environ, region, body).handle()
        answer = json.loads(response.get_data() or b"{}")
        self.history.record(operation(environ), body, answer, environ)
        return response


class _SecretsManagerCall:
    """A call of Secrets Manager: access control, corrections of moto, and rotation."""

    def __init__(
        self, gateway: Gateway, environ: Environ, region: str, body: dict[str, Any]
    ) -> None:
        self.gateway = gateway
        self.environ = environ
        self.region = region
        self.body = body
        self.operation = operation(environ)
        self.secrets = secretsmanager_backends[ACCOUNT][region].secrets
        self.role: Role | None = None
        if self.operation in identity.READS:
            self.role = identity.assumed_role(environ.get("HTTP_AUTHORIZATION", ""), ACCOUNT)

    def handle(self) -> Response:
        """Return the response."""
        error = self.access_error() or deviations.find_error(
            self.operation, self.body, self.is_deleted
        )
        if error:
            return self.error_response(*error)
        if self.operation == "RotateSecret":
            url = f"http://{self.environ['HTTP_HOST']}"
            gateway = self.gateway
            client = lambda_runtime.Client(url, gateway.access_key_id, gateway.runs_hooks)
            result = lambda_runtime.rotate(self.body, self.region, client)
            if isinstance(result, tuple):
                return self.error_response(*result)
            if result:
                return json_response(result)
        response = self.gateway.call_moto(self.environ)
        if response.status_code == http.HTTPStatus.OK:
            response.set_data(json.dumps(self.correct(json.loads(response.get_data()))))
        return response

    def access_error(self) -> tuple[str, str] | None:
        """Return code and message if the policies of an assumed role do not allow the call."""
        if self.role is None:
            return None
        action = f"secretsmanager:{self.operation}"
        is_batch = self.operation == "BatchGetSecretValue"
        resource = "*" if is_batch else self.arn(self.body.get("SecretId", ""))
        if identity.is_allowed(self.role.statements, action, resource):
            return None
        return identity.access_denied(self.role.arn, action, self.body.get("SecretId", "*"))

    def correct(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Correct moto's answer, in place."""
        deviations.correct(self.operation, self.body, answer, self.secrets.__getitem__)
        if self.role and self.operation == "BatchGetSecretValue":
            remove_denied(answer, self.role)
        return answer

    def is_deleted(self, name: str) -> bool:
        """Check whether a secret is scheduled for deletion."""
        secret = self.secrets.get(name)
        return secret is not None and secret.is_deleted()

    def arn(self, name: str) -> str:
        """Return the ARN of a secret, given its name or ARN."""
        if name.startswith("arn:"):
            return name
        secret = self.secrets.get(name)
        if secret:
            return str(secret.arn)
        return f"arn:{identity.PARTITION}:secretsmanager:{self.region}:{ACCOUNT}:secret:{name}"

    def error_response(self, code: str, text: str) -> Response:
        """Return an error of AWS."""
        return error_response(self.environ, http.HTTPStatus.BAD_REQUEST, code, text)


def remove_denied(answer: dict[str, Any], role: Role) -> None:
    """Replace the values of a batch that a role may not read with errors, in place."""
    action = "secretsmanager:GetSecretValue"
    for value in [*answer["SecretValues"]]:
        if identity.is_allowed(role.statements, action, value["ARN"]):
            continue
        answer["SecretValues"].remove(value)
        code, text = identity.access_denied(role.arn, action, value["ARN"])
        error = {"SecretId": value["Name"], "ErrorCode": code, "Message": text}
        answer.setdefault("Errors", []).append(error)


def operation(environ: Environ) -> str:
    """Return the operation of a request in the JSON protocol, such as GetSecretValue."""
    return str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]


def read_body(environ: Environ) -> bytes:
    """Read a request's body, so that it can be read again."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def json_response(document: dict[str, Any]) -> Response:
    """Return a successful response in the JSON protocol."""
    return Response(json.dumps(document), content_type=JSON_TYPE)


def error_response(environ: Environ, status: http.HTTPStatus, code: str, text: str) -> Response:
    """Return an error in the protocol of the request: JSON, or XML of the older services."""
    if "HTTP_X_AMZ_TARGET" in environ:
        body = json.dumps({"__type": code, "message": text})
        return Response(body, status, content_type=JSON_TYPE)
    detail = f"<Code>{escape(code)}</Code><Message>{escape(text)}</Message>"
    body = f"<ErrorResponse><Error><Type>Sender</Type>{detail}</Error></ErrorResponse>"
    return Response(body, status, content_type="text/xml")


def main(fd: int) -> None:
    """Serve on a listening socket that the parent process opened, until killed."""
    runs_hooks = os.environ.pop(access.HOOKS_VARIABLE, "") == "true"
    gateway = Gateway(os.environ.pop(access.KEY_VARIABLE), runs_hooks=runs_hooks)
    server = make_server(
        "127.0.0.1", 0, gateway, threaded=True, fd=fd, request_handler=MotoRequestHandler
    )
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
