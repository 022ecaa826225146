"""A Secrets Manager on loopback for the runtime's tests: the JSON protocol over real HTTP, with faults on demand.

It also answers as the Secrets Manager Agent does (GET /secretsmanager/get). Signatures are not checked.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import shield_runtime as runtime
from shield_runtime import cache, client, entry, fast_path, metrics, rotation_retry, value
from shield_runtime.transport import agent, boto

NOT_FOUND = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
FAULTS = {
    "forbidden": (403, "", ""),
    "throttled": (400, "ThrottlingException", "Rate exceeded"),
    "broken": (500, "InternalServiceError", "boom"),
    "denied": (
        400,
        "AccessDeniedException",
        "is not authorized to perform: secretsmanager:GetSecretValue",
    ),
    "expired": (
        400,
        "ExpiredTokenException",
        "The security token included in the request is expired",
    ),
    "deleted": (400, "InvalidRequestException", "the secret was marked for deletion"),
    "kms": (400, "DecryptionFailure", "the KMS key is disabled"),
    "missing": (400, *NOT_FOUND),
}


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.reset()
        self.thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.thread.start()

    def reset(self):
        self.secrets = {}  # (name, stage) -> text or bytes
        self.calls = []  # (operation, names)
        self.requests = []  # (method, path, headers)
        self.fault = None  # a word of FAULTS, "garbage", "empty", "blackhole", "cut", "redirect"
        self.body = None  # the bytes of every answer
        self.error = None  # the document of every answer, with status 400
        self.no_batch = False
        self.forgets = set()  # names that an answer to a batch leaves out
        self.extra = {}  # what such an answer holds besides
        self.gate = None  # an Event that answers wait for
        self.arrived = threading.Semaphore(0)  # released once a request
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.client_errors = []  # what the runtime's calls raised, which it does not show

    def __repr__(self):
        """Show a failed test what happened on the wire."""
        return f"<Server {self.url} calls={self.calls} client_errors={self.client_errors}>"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def put(self, name, value, stage="AWSCURRENT"):
        self.secrets[name, stage] = value

    def count(self, name=None):
        with self.lock:
            return sum(name is None or name in names for _, names in self.calls)

    def release(self):
        """Let everybody go who still waits for an answer."""
        self.ending.set()
        if self.gate is not None:
            self.gate.set()

    def stop(self):
        self.release()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """Show an error in the report of the failed test; of a client that went away, one line."""
        error = sys.exception()
        if isinstance(error, ConnectionError):
            sys.stderr.write(f"connection of {client_address}: {error!r}\n")
        else:
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *args):
        pass

    def answer(self, code, data):
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(data)))
        if code == 302:
            self.send_header("Location", self.server.url + "/elsewhere")
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def secret(self, name, stage):
        value = self.server.secrets.get((name, stage))
        if value is None:
            return None
        body = {
            "ARN": f"arn:aws:secretsmanager:us-east-1:1:secret:{name}-abcdef",
            "Name": name,
            "VersionStages": [stage],
        }
        if isinstance(value, bytes):
            return {**body, "SecretBinary": base64.b64encode(value).decode()}
        return {**body, "SecretString": value}

    def misbehave(self):
        """Whether the fault that is set has answered in place of the server."""
        server, fault = self.server, self.server.fault
        server.arrived.release()
        if server.gate is not None:
            server.gate.wait(20)
        if server.body is not None or server.error is not None:
            self.answer(400 if server.error else 200, server.error or server.body)
            return True
        if fault == "blackhole":
            server.ending.wait(20)
        elif fault == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"Secret')
            self.wfile.flush()
            self.close_connection = True
        elif fault == "slow":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            while not server.ending.wait(0.05):
                self.wfile.write(b" ")
                self.wfile.flush()
        elif fault in {"garbage", "empty", "redirect"}:
            self.answer(
                302 if fault == "redirect" else 200, b"<html>" if fault == "garbage" else b"{}"
            )
        elif fault:
            code, kind, message = FAULTS[fault]
            self.answer(code, {"__type": kind, "message": message} if kind else b"Bad Token")
        return bool(fault)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        filtered = [name for each in body.get("Filters", []) for name in each["Values"]]
        names = body.get("SecretIdList") or filtered or [body.get("SecretId", "")]
        with self.server.lock:
            self.server.calls.append((operation, names))
        if self.misbehave():
            return None
        if operation == "BatchGetSecretValue":
            if self.server.no_batch:
                return self.answer(
                    400, {"__type": "AccessDeniedException", "message": "BatchGetSecretValue"}
                )
            asked = {
                name: self.secret(name, "AWSCURRENT")
                for name in names
                if name not in self.server.forgets
            }
            lost = {"ErrorCode": NOT_FOUND[0], "Message": NOT_FOUND[1]}
            found = [secret for secret in asked.values() if secret]
            errors = [{"SecretId": name, **lost} for name, secret in asked.items() if not secret]
            extra = self.server.extra
            values = found + extra.get("SecretValues", [])
            return self.answer(
                200, {"SecretValues": values, "Errors": errors + extra.get("Errors", [])}
            )
        secret = self.secret(names[0], body.get("VersionStage", "AWSCURRENT"))
        if secret is None:
            return self.answer(400, {"__type": NOT_FOUND[0], "message": NOT_FOUND[1]})
        return self.answer(200, secret)

    def do_GET(self):
        query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        with self.server.lock:
            self.server.calls.append(("agent", [query.get("secretId", "")]))
            self.server.requests.append((self.command, self.path, dict(self.headers)))
        if self.misbehave():
            return None
        secret = self.secret(query["secretId"], query.get("versionStage", "AWSCURRENT"))
        if secret is None:
            return self.answer(400, {"__type": NOT_FOUND[0], "message": NOT_FOUND[1]})
        return self.answer(200, secret)


def point_at(server, monkeypatch):
    """Set the variables that make this process production, with the server as AWS."""
    variables = {
        "USE_AWS_SECRETS": "true",
        "DJANGO_ENV": "production",
        "AWS_ENDPOINT_URL": server.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    runtime.clear_secret_cache()


class Clock:
    """The runtime's clock, which goes on when the test says so."""

    def __init__(self, monkeypatch):
        self.now = time.monotonic()
        for module in (cache, client, entry, fast_path, metrics, rotation_retry, value):
            monkeypatch.setattr(module, "monotonic", lambda: self.now)

    def pass_(self, seconds):
        self.now += seconds


def until(condition, seconds=10):
    """Wait until something that another thread does is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.002)


def set_limit(monkeypatch, name, value):
    """Change a timeout or the number of attempts of both transports."""
    for module in (agent, boto):
        monkeypatch.setattr(module, name, value)
