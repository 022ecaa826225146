"""Serve secrets from memory with the HTTP interface of the AWS Workload Credentials Provider."""

from __future__ import annotations

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlsplit

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.model.hidden import Hidden


CURRENT = "AWSCURRENT"
# The variables of boto3 that give access to AWS, and the token of the agent. Others, such as
# AWS_DEFAULT_REGION or AWS_STORAGE_BUCKET_NAME of django-storages, may be settings of the app.
# https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
ACCESS_VARIABLE = regex(
    r"AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|TOKEN"
    r"|CREDENTIAL_\w+|BEARER_TOKEN_\w+|WEB_IDENTITY_TOKEN_FILE|ROLE_ARN|ROLE_SESSION_NAME"
    r"|(?:DEFAULT_)?PROFILE|CONFIG_FILE|SHARED_CREDENTIALS_FILE|CONTAINER_\w+|EC2_METADATA_\w+"
    r"|METADATA_SERVICE_\w+|ENDPOINT_URL(?:_\w+)?|IGNORE_CONFIGURED_ENDPOINT_URLS)"
)


class _Server(ThreadingHTTPServer):
    """An HTTP server that does not look up the name of its host."""

    def server_bind(self) -> None:
        TCPServer.server_bind(self)
        self.server_name = "localhost"
        self.server_port = int(self.server_address[1])


class AgentStub:
    """A stub of the agent, on a free loopback port.

    Args:
        values: The value of each secret, by its name in AWS.
    """

    def __init__(self, values: Mapping[str, Hidden]) -> None:
        self._values = values
        self.token = secrets.token_hex(16)
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self.port: int = self._server.server_port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def env_vars(self, prefix: str) -> dict[str, str]:
        """Return the environment variables that make the runtime read from this server.

        Args:
            prefix: The prefix of the secrets' names.
        """
        return {
            "USE_AWS_SECRETS": "true",
            "AWS_SECRETS_TRANSPORT": "agent",
            "AWS_SECRETS_PREFIX": prefix,
            "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": str(self.port),
            "AWS_TOKEN": self.token,
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        values = self._values
        token = self.token

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                name = query.get("secretId", [""])[0]
                # Secrets have no other version, as before their first rotation.
                is_current = query.get("versionStage", [CURRENT]) == [CURRENT]
                value = values.get(name) if is_current else None
                if self.headers.get("X-Aws-Parameters-Secrets-Token") != token:
                    self._respond(403, {"__type": "#AccessDeniedException"})
                elif value is None:
                    self._respond(400, {"__type": "#ResourceNotFoundException"})
                else:
                    self._respond(200, {"Name": name, "SecretString": value.reveal()})

            def _respond(self, status: int, document: dict[str, str]) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        return Handler


def environ_without_aws(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables without those of the runtime and of access to AWS.

    Args:
        environ: The environment variables of this process.
    """
    return {name: value for name, value in environ.items() if not _is_for_aws(name)}


def variables_of_app(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of an env file without those that configure the runtime.

    Other variables in the file that start with AWS_, such as AWS_STORAGE_BUCKET_NAME, belong to the
    app.

    Args:
        variables: The variables in the file.
    """
    return {name: text for name, text in variables.items() if not _configures_runtime(name)}


def _configures_runtime(name: str) -> bool:
    return name.startswith("AWS_SECRETS_") or name == "USE_AWS_SECRETS"


def _is_for_aws(name: str) -> bool:
    return _configures_runtime(name) or ACCESS_VARIABLE.fullmatch(name) is not None
