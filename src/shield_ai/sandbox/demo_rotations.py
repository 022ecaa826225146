"""The rotations of the demo: new database passwords while clients use the app."""

from __future__ import annotations

import json
import os
import re
import secrets
from typing import TYPE_CHECKING

from shield_ai.model.hidden import Hidden
from shield_ai.sandbox.load import Load
from shield_ai.sandbox.webapp import WebApp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.sandbox.demo import Demo

SECRET = "database-credentials"
ADMIN_SECRET = "database-admin"
SINGLE_USER = "one user, our Django backend"
ALTERNATING_USERS = "two users, Django's own"
REQUESTS = 30  # before and after each rotation
# A new connection for each request, so that an open one does not hide a rejected password.
SETTINGS = """\
from storefront.settings.production import *

DATABASES["default"] |= {"CONN_MAX_AGE": 0}
"""
DJANGO_BACKEND = 'DATABASES["default"] |= {"ENGINE": "django.db.backends.postgresql"}\n'


class DemoRotations:
    """Rotates the database password under load, with one user and with two alternating users.

    The app is the copy that was kept after `apply`; its secrets are restored first.
    """

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.app = demo.folder / "applied"
        self.manifest = self.app / "shield.toml"
        self.client = demo.aws.client("secretsmanager")

    def run(self, environment: Mapping[str, str]) -> None:
        """Rotate with the command, then with a deployed rotation function.

        Args:
            environment: The env vars of the app, with AWS on.
        """
        env_file = "../storefront/.env"
        self.demo.shield(
            "apply", "--only", "aws", "--env-file", env_file, "--yes", show=False, app=self.app
        )
        self.set_strategy("postgres-single-user")
        # Installs the database backend that reads the new password.
        self.demo.shield("apply", "--only", "code", "--yes", app=self.app)
        self.rotate("rotate", SINGLE_USER, environment, SETTINGS)
        self.create_administrator()
        self.set_strategy("postgres-alternating-users", f', admin = "{ADMIN_SECRET}"')
        self.deploy_function()
        self.rotate("", ALTERNATING_USERS, environment, SETTINGS + DJANGO_BACKEND)

    def set_strategy(self, name: str, options: str = "") -> None:
        """Set the rotation strategy of the database in shield.toml."""
        rotate = f'{{every = "30 days", strategy = "{name}", sslmode = "disable"{options}}}'
        text = re.sub(
            rf'(name = "{SECRET}"(?:.|\n)*?rotate = ).*',
            rf"\1{rotate}",
            self.manifest.read_text(),
            count=1,
        )
        self.manifest.write_text(text)

    def deploy_function(self) -> None:
        """Deploy the rotation functions to the AWS emulator."""
        text = self.manifest.read_text()
        rotation = "[rotation]\nlog_days = 30\n\n"
        self.manifest.write_text(text.replace("[[secret]]", f"{rotation}[[secret]]", 1))
        self.demo.shield("apply", "--only", "aws", "--yes", app=self.app)

    def create_administrator(self) -> None:
        """Create a database user that may create roles but is not a superuser, and its secret."""
        pg = self.demo.pg
        login = self.read_login()
        name = "shop_admin"
        password = Hidden(secrets.token_urlsafe(18))
        pg.create_role(name, password)
        with pg.connect() as connection:
            connection.execute(f"ALTER ROLE {name} CREATEROLE")
            connection.execute(f"GRANT {login['username']} TO {name} WITH ADMIN OPTION")
        self.demo.secrets[ADMIN_SECRET] = password
        server = {"host": login["host"], "port": login["port"]}
        document = json.dumps({"username": name, "password": password.reveal(), **server})
        self.client.create_secret(Name=ADMIN_SECRET, SecretString=document)

    def read_login(self) -> dict[str, str]:
        """Read the app's current database login from AWS."""
        text = self.client.get_secret_value(SecretId=SECRET)["SecretString"]
        login: dict[str, str] = json.loads(text)
        return login

    def rotate(self, stage: str, how: str, environment: Mapping[str, str], settings: str) -> None:
        """Rotate once under load.

        Args:
            stage: The name of the stage in the summary.
            how: The strategy, for the summary.
            environment: The env vars of the app.
            settings: The content of the app's settings module.
        """
        demo = self.demo
        before = self.read_login()
        (demo.folder / "under_load.py").write_text(settings)
        path = [str(demo.folder)]
        if environment.get("PYTHONPATH"):
            path.append(environment["PYTHONPATH"])
        app_env = {
            **environment,
            "DJANGO_SETTINGS_MODULE": "under_load",
            "PYTHONPATH": os.pathsep.join(path),
        }
        with WebApp.start(self.app, app_env, demo.log_path) as app, Load(app) as load:
            load.wait_for(REQUESTS)
            demo.shield("rotate", SECRET, "--yes", app=self.app)
            load.wait_for(REQUESTS)
        after = self.read_login()
        demo.secrets[f"{SECRET} after {how}"] = Hidden(after["password"])
        failed = load.failures.total()
        text = f"{how}: {load.answered} requests, {failed} failed, slowest {load.slowest:.1f} s"
        if failed:
            reasons = [f"{number} times {reason}" for reason, number in load.failures.items()]
            text += f" ({', '.join(reasons)})"
        is_rotated = after["password"] != before["password"]
        demo.record(stage, text, ok=not failed and is_rotated)
