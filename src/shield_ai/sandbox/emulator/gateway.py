"""The embedded AWS itself: moto behind a narrow door, in a process of its own.

Only the services that we use are offered; everything else is refused by name instead of half working. A call of
Secrets Manager is atomic here as it is in AWS: moto checks and then writes, and two threads could meet in between.
`rules.py` says in which points moto is not AWS.
"""

from __future__ import annotations

import http
import io
import json
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

from shield_ai.sandbox.emulator import deviations, identity, lambda_runtime
from shield_ai.sandbox.emulator.cloudtrail import History

if TYPE_CHECKING:
    from collections.abc import Iterable

ACCOUNT = "123456789012"  # moto's own
SERVICES = frozenset(
    {
        "secretsmanager",
        "sts",
        "iam",
        "kms",
        "lambda",
        "logs",
        "cloudwatch",
        "monitoring",
        "events",
        "sns",
        "sqs",
        "cloudtrail",
    }
)
HEALTH = "/_local/health"
RESET = "/moto-api/"  # moto's own door: tests empty the account through it


def scope(authorization: str) -> tuple[str, str]:
    """Return region and service that a request was signed for; two empty texts for an unsigned one."""
    _, _, credential = authorization.partition("Credential=")
    parts = credential.split(",")[0].split("/")
    # key/date/region/service/end
    return (parts[2], parts[3].lower()) if len(parts) == 5 else ("", "")


class Gateway:
    """A WSGI application that hands to moto what it may answer."""

    def __init__(self) -> None:
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.one_at_a_time = threading.Lock()
        self.history = History()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        return self.answer(environ)(environ, start_response)

    def answer(self, environ: dict[str, Any]) -> Response:
        """Refuse, answer, or let moto answer."""
        path = environ.get("PATH_INFO", "")
        if path == HEALTH:
            return Response("ok")
        region, service = scope(environ.get("HTTP_AUTHORIZATION", ""))
        if path.startswith(RESET):
            service = ""
            self.history.clear()
        elif operation(environ) == "LookupEvents":
            found = self.history.lookup(json.loads(body(environ)))
            return Response(json.dumps(found), content_type="application/x-amz-json-1.1")
        elif service and service not in SERVICES:
            text = f"the embedded AWS has no {service}; it has {', '.join(sorted(SERVICES))}"
            return error(environ, http.HTTPStatus.BAD_REQUEST, "UnknownOperationException", text)
        try:
            return (
                self.recorded(environ, region)
                if service == "secretsmanager"
                else self.ask_moto(environ)
            )
        except NotImplementedError as missing:
            # 501, since clients repeat a 500 again and again.
            return error(
                environ,
                http.HTTPStatus.NOT_IMPLEMENTED,
                "NotImplemented",
                f"in the embedded AWS: {missing}",
            )

    def ask_moto(self, environ: dict[str, Any]) -> Response:
        """Let moto answer."""
        return Response.from_app(self.moto, environ, buffered=True)

    def recorded(self, environ: dict[str, Any], region: str) -> Response:
        """Answer a call of Secrets Manager, and take note of it."""
        asked = json.loads(body(environ) or b"{}")
        answer = self.secrets_manager(environ, region)
        self.history.record(
            operation(environ), asked, json.loads(answer.get_data() or b"{}"), environ
        )
        return answer

    def secrets_manager(self, environ: dict[str, Any], region: str) -> Response:
        """Answer a call of Secrets Manager by AWS's rules, one call at a time."""
        name, asked = operation(environ), json.loads(body(environ) or b"{}")
        secrets = secretsmanager_backends[ACCOUNT][region].secrets

        def is_deleted(name: str) -> bool:
            secret = secrets.get(name)
            return secret is not None and secret.is_deleted()

        def arn(name: str) -> str:
            secret = secrets.get(name)
            base = f"arn:{identity.PARTITION}:secretsmanager:{region}:{ACCOUNT}:secret"
            return (
                name if name.startswith("arn:") else str(secret.arn) if secret else f"{base}:{name}"
            )

        with self.one_at_a_time:
            role = (
                identity.caller(environ.get("HTTP_AUTHORIZATION", ""), ACCOUNT)
                if name in identity.READS
                else None
            )
            target = "*" if name == "BatchGetSecretValue" else arn(asked.get("SecretId", ""))
            if role and not identity.may(role[1], f"secretsmanager:{name}", target):
                why = identity.refusal(
                    role[0], f"secretsmanager:{name}", asked.get("SecretId", "*")
                )
                return error(environ, http.HTTPStatus.BAD_REQUEST, *why)
            if refused := deviations.refusal(name, asked, is_deleted):
                return error(environ, http.HTTPStatus.BAD_REQUEST, *refused)
            if name == "RotateSecret" and (
                done := lambda_runtime.rotate(asked, region, f"http://{environ['HTTP_HOST']}")
            ):
                if isinstance(done, tuple):
                    return error(environ, http.HTTPStatus.BAD_REQUEST, *done)
                return Response(json.dumps(done), content_type="application/x-amz-json-1.1")
            answer = self.ask_moto(environ)
            if answer.status_code == http.HTTPStatus.OK:
                document = json.loads(answer.get_data())
                deviations.correct(name, asked, document, secrets.__getitem__)
                if role and name == "BatchGetSecretValue":
                    withhold(document, *role)
                answer.set_data(json.dumps(document))
            return answer


def withhold(answer: dict[str, Any], who: str, statements: list[Any]) -> None:
    """Take out of a batch what a role may not read, in place: AWS names it among the errors."""
    action = "secretsmanager:GetSecretValue"
    for value in [*answer["SecretValues"]]:
        if not identity.may(statements, action, value["ARN"]):
            answer["SecretValues"].remove(value)
            code, why = identity.refusal(who, action, value["ARN"])
            answer.setdefault("Errors", []).append(
                {"SecretId": value["Name"], "ErrorCode": code, "Message": why}
            )


def operation(environ: dict[str, Any]) -> str:
    """Return the operation of a request in the JSON protocol."""
    return str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]


def body(environ: dict[str, Any]) -> bytes:
    """Read a request's body, and leave it to be read again."""
    text: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(text)
    return text


def error(environ: dict[str, Any], status: http.HTTPStatus, code: str, text: str) -> Response:
    """Make an error in the protocol of the request: JSON, or the XML of the older services."""
    if "HTTP_X_AMZ_TARGET" in environ:
        body, mimetype = json.dumps({"__type": code, "message": text}), "application/x-amz-json-1.1"
    else:
        detail = f"<Error><Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(text)}</Message></Error>"
        body, mimetype = f"<ErrorResponse>{detail}</ErrorResponse>", "text/xml"
    return Response(body, status, content_type=mimetype)


def main(fd: int) -> None:
    """Serve on a listening socket that the parent has opened, until killed."""
    server = make_server(
        "127.0.0.1", 0, Gateway(), threaded=True, fd=fd, request_handler=MotoRequestHandler
    )
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
