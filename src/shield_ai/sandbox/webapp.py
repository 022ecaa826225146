"""The sample app as a real process, with a database, a `.env` file and a WSGI server."""

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
from shield_ai.model.installation import install_command
from shield_ai.sandbox.emulator.supervised import ServerProcess, SupervisedProcess, last_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.sandbox.postgres import LocalPostgres

HOST = "127.0.0.1"
START_TIMEOUT = 30.0  # seconds
REQUEST_TIMEOUT = 30.0  # seconds
PACKAGE = Path(__file__).resolve().parents[1]
# The sample app is inside the package in a wheel, and next to src in a checkout.
SAMPLES = (PACKAGE / "examples" / "storefront", PACKAGE.parents[1] / "examples" / "storefront")
# Modules that the sample app imports, and the packages that contain them.
REQUIREMENTS = {
    "django": "django",
    "environ": "django-environ",
    "decouple": "python-decouple",
    "psycopg": "psycopg",
    "waitress": "waitress",
}


def copy_sample(folder: Path) -> Path:
    """Copy the sample app to a new folder, without bytecode and .env."""
    ignored = shutil.ignore_patterns("__pycache__", "*.py[co]", ".env")
    for sample in SAMPLES:
        if sample.is_dir():
            shutil.copytree(sample, folder, ignore=ignored)
            return folder
    raise ShieldError("the sample app is missing", "reinstall shield-ai, or clone its repository")


def write_env(folder: Path, pg: LocalPostgres) -> dict[str, Hidden]:
    """Create the sample app's database, two roles and a `.env` with random values.

    Args:
        folder: The app's folder.
        pg: The database server.

    Returns:
        The values of the secrets, by variable.
    """
    password = Hidden(secrets.token_urlsafe(18))
    reports_password = Hidden(secrets.token_urlsafe(18))
    cache_password = secrets.token_urlsafe(18)
    user = database = f"shop_{secrets.token_hex(4)}"
    reports_user = f"{user}_reports"
    pg.create_role_and_database(user, password, database)
    pg.create_role(reports_user, reports_password, member_of=["pg_read_all_data"])
    values = {
        "SECRET_KEY": Hidden(secrets.token_urlsafe(48)),
        "DATABASE_PASSWORD": password,
        "REPORTING_DATABASE_URL": pg.url(reports_user, reports_password, database),
        "CACHE_URL": Hidden(f"redis://:{cache_password}@{HOST}:6379/0"),
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
    lines += [f"{name}={value.reveal()}" for name, value in values.items()]
    path = folder / ".env"
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n")
    return values


def load_data(app: Path, environment: Mapping[str, str], log: Path) -> None:
    """Run the app's migrations and load its sample data.

    Args:
        app: The app's folder.
        environment: All env vars of the commands.
        log: The file for their output.

    Raises:
        ShieldError: A command failed.
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
            raise ShieldError(f"manage.py {command[0]} failed", f"last log line: {last_line(log)}")


class WebApp(ServerProcess):
    """The running sample app."""

    def __init__(self, port: int, child: SupervisedProcess) -> None:
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
        """Start the app on a free loopback port and wait until `/health` answers ok.

        Args:
            app: The app's folder; nothing is written there.
            environment: All env vars of the process.
            log: The file to which its output is appended.
            application: Module and name of the WSGI application.

        Raises:
            ShieldError: A package is missing, or the app does not start.
        """
        _require_packages()
        with socket.create_server((HOST, 0)) as sock:
            port: int = sock.getsockname()[1]
            fd = sock.fileno()
            server = "shield_ai.sandbox.wsgi_server"
            child = SupervisedProcess(
                "the sample app",
                [[sys.executable, "-m", server, application, str(fd)]],
                log=log,
                env={**environment, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"},
                cwd=app,
                fds=[fd],
            )
        running = cls(port, child)
        try:
            child.wait_until(running._is_healthy, START_TIMEOUT)
        except BaseException:
            child.stop()
            raise
        return running

    def health(self) -> dict[str, Any]:
        """Request `/health` and return its document.

        Raises:
            ShieldError: The status is not 200.
        """
        status, body = self.request("GET", "/health")
        if status != http.client.OK:
            raise ShieldError(
                f"/health answered {status}", f"last log line: {last_line(self.log_path)}"
            )
        document: dict[str, Any] = json.loads(body)
        return document

    def accepts_webhook(self, secret: Hidden) -> bool:
        """Check whether the app accepts an event that is signed with a webhook secret."""
        event = json.dumps({"type": "ping"}).encode()
        signature = hmac.new(secret.reveal().encode(), event, hashlib.sha256).hexdigest()
        headers = {"X-Payment-Signature": signature}
        status, _ = self.request("POST", "/webhooks/payments/", event, headers)
        return status == http.client.NO_CONTENT

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Send one request as a load balancer would, and return status and body."""
        all_headers = {"X-Forwarded-Proto": "https", **(headers or {})}
        connection = http.client.HTTPConnection(HOST, self.port, timeout=REQUEST_TIMEOUT)
        try:
            connection.request(method, path, body, all_headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def _is_healthy(self) -> bool | None:
        """Return True if `/health` answers ok; None if the app is not healthy yet."""
        try:
            return True if self.health()["status"] == "ok" else None
        except (OSError, http.client.HTTPException, ShieldError):
            return None


def _require_packages() -> None:
    missing = [
        package
        for module, package in REQUIREMENTS.items()
        if importlib.util.find_spec(module) is None
    ]
    if missing:
        raise ShieldError(
            f"the sample app requires {', '.join(missing)}",
            f"run {install_command('local')}",
        )
