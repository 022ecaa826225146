"""Calls to the AWS Workload Credentials Provider or a Lambda extension, on the loopback interface.

Until version 3, the provider was called AWS Secrets Manager Agent, hence the name of this module.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/workload-credentials-provider.html
"""

from __future__ import annotations

import base64
import json
import os
import time
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from socket import SHUT_RDWR
from threading import Timer
from urllib.parse import urlencode

from ..errors import SecretAccessDeniedError, SecretError
from ..timing import jitter

# Not `from . import limits`: in a background thread, that statement waits while the main thread
# imports the app's package.
from .limits import ATTEMPTS, CONNECT_TIMEOUT, READ_TIMEOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from socket import socket
    from typing import Any

DEFAULT_PORT = "2773"
MAX_PORT = 65535
TOKEN_VARIABLES = ("AWS_TOKEN", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN")
TOKEN_FILE = "file:///var/run/awssmatoken"  # nosec B105
MAX_BODY = 1024 * 1024  # bytes; a secret has up to 65,536, and JSON escapes take six for one
INVALID = "an invalid response"
OPEN_TO_OTHERS = 0o027  # mode bits: write access for the group, any access for others


class AgentError(Exception):
    """An error of the agent, with the attributes of botocore's ClientError."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


class Agent:
    """HTTP client of the agent on this host, without proxies and redirects.

    Raises:
        SecretError: The port is invalid.
    """

    def __init__(self) -> None:
        port = os.environ.get("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT") or DEFAULT_PORT
        try:
            self.port = int(port)
        except ValueError:
            self.port = 0
        if not 0 < self.port <= MAX_PORT:
            text = f"PARAMETERS_SECRETS_EXTENSION_HTTP_PORT is {port!r}: use a port number"
            raise SecretError(text)

    def fetch(self, secret_id: str, stage: str, *, refresh: bool) -> Mapping[str, Any]:
        """Return the agent's response, in the format of GetSecretValue.

        Raises:
            AgentError: The agent can't be reached, or it returns an error.
            SecretAccessDeniedError: The token can't be read.
        """
        query = {"secretId": secret_id, "versionStage": stage}
        if refresh:
            query["refreshNow"] = "true"
        path = "/secretsmanager/get?" + urlencode(query)
        token = _token()
        code = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(jitter(2 ** (attempt - 1), 0))
            try:
                status, body = self._get(path, token)
            except OSError as error:
                code = type(error).__name__
                continue
            if status == HTTPStatus.OK:
                return _parse(body)
            code = _error_code(status, body)
            if status < HTTPStatus.INTERNAL_SERVER_ERROR and code != "ThrottlingException":
                break  # a retry would get the same answer
        raise AgentError(code)

    def _get(self, path: str, token: str) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=CONNECT_TIMEOUT)
        try:
            connection.connect()
            connection.sock.settimeout(READ_TIMEOUT)
            with _time_limit(connection.sock):
                connection.request("GET", path, headers={"X-Aws-Parameters-Secrets-Token": token})
                response = connection.getresponse()
                body = response.read(MAX_BODY + 1)
        except HTTPException as error:
            raise OSError(type(error).__name__) from None
        finally:
            connection.close()
        if len(body) > MAX_BODY:
            raise AgentError(INVALID)
        if response.length:
            raise OSError  # the connection was closed early
        return response.status, body


@contextmanager
def _time_limit(connected: socket) -> Generator[None, None, None]:
    """Shut a socket down after READ_TIMEOUT, because its own timeout restarts with each byte."""

    def shut_down() -> None:
        with suppress(OSError):
            connected.shutdown(SHUT_RDWR)

    timer = Timer(READ_TIMEOUT, shut_down)
    timer.daemon = True
    with suppress(RuntimeError):  # the thread limit is reached: continue without a time limit
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _parse(body: bytes) -> Mapping[str, Any]:
    try:
        response = json.loads(body)
        if isinstance(response, dict) and "SecretBinary" in response:
            response["SecretBinary"] = base64.b64decode(response["SecretBinary"], validate=True)
    except (ValueError, TypeError, RecursionError):
        response = None
    if not isinstance(response, dict):
        raise AgentError(INVALID)
    return response


def _error_code(status: int, body: bytes) -> str:
    try:
        code = json.loads(body)["__type"]
    except (ValueError, KeyError, TypeError, RecursionError):
        code = None
    if isinstance(code, str):
        return code.rpartition("#")[2]
    return "AccessDeniedException" if status == HTTPStatus.FORBIDDEN else f"HTTP {status}"


def _token() -> str:
    """Return the agent's token, from the environment or from a file that only its owner may write.

    Raises:
        SecretAccessDeniedError: The file can't be read, or others may read or change it.
    """
    given = [os.environ.get(name) for name in TOKEN_VARIABLES]
    token = next(filter(None, given), TOKEN_FILE)
    if not token.startswith("file://"):
        return token
    path = token[len("file://") :]
    reason = "can be read by others or changed by its group"
    try:
        with open(path, encoding="ascii") as file:
            if not os.fstat(file.fileno()).st_mode & OPEN_TO_OTHERS:
                return file.read().strip()
    except (OSError, ValueError) as error:
        reason = f"can't be read ({type(error).__name__})"
    raise SecretAccessDeniedError(f"the agent's token file {path} {reason}")
