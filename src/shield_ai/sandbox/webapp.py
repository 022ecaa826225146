"""The sample app as a real process: copied, given a database and a `.env`, run by a WSGI server, asked over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import importlib.util
import json
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from shield_ai.model.errors import ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.sandbox.emulator.supervised import Child, Running, last_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.sandbox.postgres import LocalPostgres

HOST = "127.0.0.1"
READY = 30.0
PACKAGE = Path(__file__).resolve().parents[1]
# In the wheel the sample lies inside the package, in a checkout beside src.
SAMPLES = (PACKAGE / "examples" / "storefront", PACKAGE.parents[1] / "examples" / "storefront")
NEEDS = {
    "django": "django",
    "environ": "django-environ",
    "decouple": "python-decouple",
    "psycopg": "psycopg",
    "waitress": "waitress",
}


def copy_sample(folder: Path) -> Path:
    """Copy the storefront into a new folder, without what running it leaves behind."""
    source = next((path for path in SAMPLES if path.is_dir()), None)
    if source is None:
        raise ShieldError(
            "the sample app is not here", hint="install shield-ai again, or clone its repository"
        )
    shutil.copytree(
        source, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py[co]", ".env")
    )
    return folder


def write_env(folder: Path, pg: LocalPostgres) -> dict[str, Hidden]:
    """Give the storefront a database, two roles and a `.env` with values made now; return its secrets by variable."""
    password, reader = (Hidden(secrets.token_urlsafe(18)) for _ in range(2))
    database = user = f"shop_{secrets.token_hex(4)}"
    pg.create_role_and_database(user, password, database)
    pg.create_role(f"{user}_reports", reader, member_of=["pg_read_all_data"])
    cache = secrets.token_urlsafe(18)
    found = {
        "SECRET_KEY": Hidden(secrets.token_urlsafe(48)),
        "DATABASE_PASSWORD": password,
        "REPORTING_DATABASE_URL": pg.url(f"{user}_reports", reader, database),
        "CACHE_URL": Hidden(f"redis://:{cache}@{HOST}:6379/0"),
        "RABBITMQ_PASSWORD": Hidden(secrets.token_urlsafe(18)),
        "PAYMENT_WEBHOOK_SECRET": Hidden("whsec_" + secrets.token_urlsafe(24)),
        "SEARCH_API_KEY": Hidden(secrets.token_hex(16)),
        "EMAIL_HOST_PASSWORD": Hidden(secrets.token_urlsafe(18)),
        "INVOICE_SIGNING_KEY": Hidden(secrets.token_urlsafe(32)),
    }
    plain = {
        "DATABASE_NAME": database,
        "DATABASE_USER": user,
        "DATABASE_HOST": HOST,
        "DATABASE_PORT": str(pg.port),
    }
    lines = [f"{name}={value}" for name, value in plain.items()]
    lines += [f"{name}={value.reveal()}" for name, value in found.items()]
    path = folder / ".env"
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n")
    return found


def load_data(app: Path, environment: Mapping[str, str], log: Path) -> None:
    """Run the app's migrations and load its two products, as a person would.

    Args:
        app: Its folder.
        environment: The whole environment of the commands.
        log: Where their output goes.
    """
    for command in (["migrate", "--verbosity=0"], ["loaddata", "--verbosity=0", "products"]):
        with log.open("ab") as output:
            done = subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=app,
                env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
        if done.returncode:
            raise ShieldError(
                f"manage.py {command[0]} failed", hint=f"its log ends: {last_line(log)}"
            )


class WebApp(Running):
    """The running app."""

    def __init__(self, port: int, child: Child) -> None:
        self.port = port
        self.url = f"http://{HOST}:{port}"
        super().__init__(child)

    @classmethod
    def start(
        cls,
        app: Path,
        environment: Mapping[str, str],
        log: Path,
        application: str = "storefront.wsgi:application",
    ) -> Self:
        """Start the app on a free loopback port and wait until `/health` says ok.

        Args:
            app: Its folder; nothing is written there.
            environment: The whole environment of the process.
            log: Where its output goes; appended to.
            application: Module and name of the WSGI application.
        """
        missing = [
            package for module, package in NEEDS.items() if importlib.util.find_spec(module) is None
        ]
        if missing:
            raise ShieldError(
                f"the sample app needs {', '.join(missing)}, not installed here",
                hint=f"{sys.executable} -m pip install 'shield-ai[demo]'",
            )
        with socket.create_server((HOST, 0)) as sock:
            port: int = sock.getsockname()[1]
            child = Child(
                "the sample app",
                [
                    [
                        sys.executable,
                        "-m",
                        "shield_ai.sandbox.emulator.serve",
                        application,
                        str(sock.fileno()),
                    ]
                ],
                log=log,
                env={**environment, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"},
                cwd=app,
                fds=[sock.fileno()],
            )
        running = cls(port, child)
        try:
            child.wait_until(running._healthy, READY)
        except BaseException:
            child.stop()
            raise
        return running

    def health(self) -> dict[str, Any]:
        """Ask `/health` and return what it says."""
        status, body = self.request("GET", "/health")
        if status != http.client.OK:
            raise ShieldError(
                f"/health answers {status}", hint=f"its log ends: {last_line(self.log_path)}"
            )
        answer: dict[str, Any] = json.loads(body)
        return answer

    def accepts_webhook(self, secret: Hidden) -> bool:
        """Whether the app's webhook secret is this one, found out by signing an event with it."""
        event = json.dumps({"type": "ping"}).encode()
        signature = hmac.new(secret.reveal().encode(), event, hashlib.sha256).hexdigest()
        status, _ = self.request(
            "POST", "/webhooks/payments/", event, {"X-Payment-Signature": signature}
        )
        return status == http.client.NO_CONTENT

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Send one request as the load balancer would, and return status and body."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=READY)
        try:
            connection.request(
                method, path, body, {"X-Forwarded-Proto": "https", **(headers or {})}
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _healthy(self) -> bool | None:
        try:
            return self.health()["status"] == "ok" or None
        except (OSError, http.client.HTTPException, ShieldError):
            return None
