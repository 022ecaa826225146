"""The proof that apply gives of itself: the settings before and after, with AWS off and with AWS on."""

from __future__ import annotations

import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlsplit

from shield_ai.flow.settings_probe import Probe, differences
from shield_ai.model.finding import Kind
from shield_ai.model.hidden import Hidden

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from shield_ai.flow.settings_probe import Loaded
    from shield_ai.model.manifest import Manifest, Secret

_TICK = 1.1  # seconds: the settings are loaded again when a clock of seconds has moved on
# Stands in for a URL that nobody named: the parsers of its kind take it, and nobody listens there.
_URLS = {
    "CACHE": "redis://:password@localhost:6379/0",
    "REDIS": "redis://:password@localhost:6379/0",
    "BROKER": "redis://:password@localhost:6379/0",
    "CELERY": "redis://:password@localhost:6379/0",
    "AMQP": "amqp://user:password@localhost:5672//",
    "RABBIT": "amqp://user:password@localhost:5672//",
    "EMAIL": "smtp://user:password@localhost:25",
    "SENTRY": "https://0123456789abcdef@localhost/1",
    "DSN": "https://0123456789abcdef@localhost/1",
    "MONGO": "mongodb://user:password@localhost:27017/name",
    "MYSQL": "mysql://user:password@localhost:3306/name",
    "": "postgres://user:password@localhost:5432/name",
}


class Store:
    """Answers as the AWS Secrets Manager Agent does, on a free loopback port, from memory.

    Args:
        content: The text of each secret, by its name in AWS.
    """

    def __init__(self, content: Mapping[str, Hidden]) -> None:
        self._content = content
        self.token = secrets.token_hex(16)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
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

    def environment(self, prefix: str) -> dict[str, str]:
        """Return what points the runtime here, with the prefix of the secrets' names."""
        return {
            "USE_AWS_SECRETS": "true",
            "AWS_SECRETS_TRANSPORT": "agent",
            "AWS_SECRETS_PREFIX": prefix,
            "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": str(self.port),
            "AWS_TOKEN": self.token,
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        content, token = self._content, self.token

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                name = parse_qs(urlsplit(self.path).query).get("secretId", [""])[0]
                value = content.get(name)
                if self.headers.get("X-Aws-Parameters-Secrets-Token") != token:
                    self._give(403, {"__type": "#AccessDeniedException"})
                elif value is None:
                    self._give(400, {"__type": "#ResourceNotFoundException"})
                else:
                    self._give(200, {"Name": name, "SecretString": value.reveal()})

            def _give(self, status: int, answer: dict[str, str]) -> None:
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


class Proving:
    """Loads the settings before the edits, and again after them.

    Args:
        root: The app's folder.
        modules: The settings modules, each with the folder below root that it is imported from.
        manifest: What is moved.
        known: The value of each variable that has one; the others get a stand-in.
        literals: The value of each variable that stood in the code.
        environ: The process's environment.
    """

    def __init__(  # each is a different thing that the proof rests on
        self,
        root: Path,
        modules: Sequence[tuple[str, str]],
        manifest: Manifest,
        *,
        known: Mapping[str, Hidden],
        literals: Mapping[str, Hidden],
        environ: Mapping[str, str],
    ) -> None:
        self._probe = Probe(root, modules)
        self._prefix = manifest.app.prefix
        self._secrets = manifest.secret
        variables = {
            variable: secret for secret in manifest.secret for variable in secret.variables()
        }
        read = {
            v: known.get(v) or _stand_in(v, secret)
            for v, secret in variables.items()
            if v in known or not (secret.optional or v in literals)
        }
        self._values = {**read, **literals}
        off = {
            k: v for k, v in environ.items() if not k.startswith("AWS_") and k != "USE_AWS_SECRETS"
        }
        self._plain = off
        self._full = {
            **off,
            "DJANGO_ENV": "production",
            **{v: value.reveal() for v, value in read.items()},
        }
        self._bare = {k: v for k, v in self._full.items() if k not in variables}
        self._before: list[list[Loaded]] = []

    def before(self) -> None:
        """Load the settings as they are: with this environment, and with every variable set."""
        self._before = [self._probe.load(env) for env in (self._plain, self._full)]

    def after(self) -> tuple[list[str], list[str]]:
        """Load them again, and a third time with AWS on and the variables gone.

        Returns:
            The settings that differ, and why what was not proved was not.
        """
        plain, full = self._before
        now_plain, now_full = (self._probe.load(env) for env in (self._plain, self._full))
        off = differences(plain, now_plain)[0]
        more, unproved = differences(full, now_full)
        on = differences(full, self._with_aws(), errors=False)[0]
        off = list(dict.fromkeys([*off, *more]))
        if off or on:
            restless = self._restless(now_plain, now_full)
            off = [name for name in off if name not in restless]
            on = [name for name in on if name not in restless]
        return [*off, *(f"{name} (with AWS on)" for name in on if name not in off)], unproved

    def _with_aws(self) -> list[Loaded]:
        with Store(self._content()) as store:
            self._probe.port = store.port
            return self._probe.load({**self._bare, **store.environment(self._prefix)})

    def _restless(self, plain: list[Loaded], full: list[Loaded]) -> set[str]:
        """Name the settings that are never the same twice: a time, a random key. They say nothing about the edits."""
        time.sleep(_TICK)
        again = ((plain, self._plain), (full, self._full))
        return {
            name
            for now, environ in again
            for name in differences(now, self._probe.load(environ))[0]
        }

    def _content(self) -> dict[str, Hidden]:
        content = {}
        for secret in self._secrets:
            held = {
                field: self._values.get(variable) for variable, field in secret.variables().items()
            }
            fields = {field: value for field, value in held.items() if value}
            if "" in fields:
                content[self._prefix + secret.name] = fields[""]
            elif fields:
                document = {field: value.reveal() for field, value in fields.items()}
                content[self._prefix + secret.name] = Hidden(json.dumps(document))
        return content


def _stand_in(variable: str, secret: Secret) -> Hidden:
    if secret.kind is Kind.URL:
        return Hidden(next(url for word, url in _URLS.items() if word in variable.upper()))
    return Hidden(
        "5432" if secret.variables()[variable] == "port" else f"stand-in-{secrets.token_hex(8)}"
    )
