"""A public app as the subject of a drill, described by a file.

The file contains no code of the app. Its keys:

- `secret`, `strategy`: the secret of the database login, and its rotation strategy.
- `server`: `postgres` or `mariadb`.
- `env_file` and `[env]`: its path and lines. `{user}`, `{password}`, `{host}`, `{port}`,
  `{database}` and `{url}` are those of the database; `{random}` is a random value. `line` is the
  form of a line.
- `[variables]`: settings that are in the environment of each process; no secrets.
- `passed`: whether the server receives the env file as variables, because the app does not read it.
- `before`, `set_up`: commands before the first commit, and those that fill the database.
- `serve`: the command of the server, with `{port}`; or `script`: a command that is run for each
  page in place of a request.
- `pages`, `varies`: what is requested, and patterns of text that is never the same.
- `[headers]`: headers of the requests, with `{output}`, which the last command of `set_up` prints.
- `fields`: the variables of the login, if `shield draft` finds only the password.
- `optional`: names of secrets that production lacks.
- `[added]`: what a user adds to files after apply, and removes before rollback.
- `restarts`: whether the app reads a rotated password only when it starts.
"""

from __future__ import annotations

import http.client
import os
import re
import secrets
import shlex
import shutil
import subprocess
import tomllib

import mariadb

from shield_ai.model.errors import ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.sandbox import LocalPostgres
from shield_ai.sandbox.emulator.supervised import ServerProcess, SupervisedProcess, last_line
from shield_ai.sandbox.postgres import free_port

HOST = "127.0.0.1"
TIMEOUT = 60  # seconds
VARIES = (r'name="csrf[\w-]*"[^>]*value="[^"]*"', r'csrf[\w-]*"?[:=] *"[^"]*"')


class PublicApp:
    """An app in a folder, with a virtual environment."""

    def __init__(self, description, source, venv):
        self.described = tomllib.loads(description.read_text())
        self.source, self.venv = source, venv.absolute()
        self.name = description.stem
        for key in ("secret", "strategy"):
            setattr(self, key, self.described[key])
        self.env_file = self.described.get("env_file", ".env")
        venv_path = f"{self.venv}/bin:{os.environ['PATH']}"
        self.variables = {"VIRTUAL_ENV": str(self.venv), "PATH": venv_path}
        self.pages = tuple(self.described["pages"])
        self.fields = self.described.get("fields", {})
        self.optional = self.described.get("optional", ())
        self.restarts = self.described.get("restarts", False)
        self.clients = self.described.get("clients", 2)
        self.pause = self.described.get("pause", 0.2)

    def create(self, folder, stack):
        """Copy the app, with a database and an env file; return its folder and the values."""
        app = folder / self.name
        shutil.copytree(self.source, app, ignore=shutil.ignore_patterns(".git", "__pycache__"))
        self.login = {"user": f"u{secrets.token_hex(4)}", "database": "drill", "host": HOST}
        password = Hidden(secrets.token_urlsafe(18))
        if self.described["server"] == "postgres":
            self.server = stack.enter_context(LocalPostgres.start())
            self.server.create_role_and_database(self.login["user"], password, "drill")
            scheme = "postgres"
        else:
            self.server = stack.enter_context(mariadb.running())
            self.server.run("CREATE DATABASE drill CHARACTER SET utf8mb4")
            account = f"'{self.login['user']}'@'%%'"
            self.server.run(f"CREATE USER {account} IDENTIFIED BY %s", password.reveal())
            self.server.run(f"GRANT ALL ON drill.* TO {account}".replace("%%", "%"))
            scheme = "mysql"
        self.login["port"] = self.server.port
        place = f"{HOST}:{self.server.port}/drill"
        url = f"{scheme}://{self.login['user']}:{password.reveal()}@{place}"
        values = {"password": password}
        lines = []
        for name, template in self.described["env"].items():
            words = {**self.login, "password": password.reveal(), "url": url}
            value = template.format(**words, random=secrets.token_urlsafe(32))
            if "{random}" in template:
                values[name] = Hidden(value)
            form = self.described.get("line", "{name}={value}")
            lines.append(form.format(name=name, value=value) + "\n")
        (app / self.env_file).write_text("".join(lines))
        with (app / ".gitignore").open("a") as ignore:
            ignore.write(f"\n/{self.env_file}\n*.pyc\n")
        for command in self.described.get("before", ()):
            self.run(app, command, os.environ, folder / "app.log")
        return app, values

    def edit(self, app):
        """Add the lines that docs/guides/ say to add."""
        for name, text in self.described.get("added", {}).items():
            path = app / name
            path.write_text(path.read_text() + text)

    def undo_edit(self, app):
        """Remove the lines again."""
        for name, text in self.described.get("added", {}).items():
            path = app / name
            path.write_text(path.read_text().removesuffix(text))

    def environment(self, place, environment):
        """Return the variables of a process of the app."""
        found = {**environment, **self.variables, **self.described.get("variables", {})}
        path = place / self.env_file
        if self.described.get("passed") and path.exists():
            found |= re.findall(r'(?m)^(?:export )?(\w+)="?(.*?)"?$', path.read_text())
        return found | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}

    def run(self, place, command, environment, log):
        """Run a command of the app, and return its output."""
        with log.open("ab") as errors:
            done = subprocess.run(
                shlex.split(command),
                cwd=place,
                env=self.environment(place, environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                check=False,
            )
            errors.write(done.stdout)
        if done.returncode:
            raise ShieldError(f"{command} failed", f"last log line: {last_line(log)}")
        return done.stdout

    def set_up(self, app, environment, log):
        """Create the tables and load the data."""
        for command in self.described.get("set_up", ()):
            self.output = self.run(app, command, environment, log).decode().strip()

    def serve(self, place, environment, log):
        """Start a deployed copy."""
        if "script" in self.described:
            return Script(self, place, environment, log)
        return Served.start(self, place, environment, log)

    def create_admin(self):
        """Create a PostgreSQL user that may create others, and return its login."""
        password = Hidden(secrets.token_urlsafe(18))
        self.server.create_role("admin", password)
        with self.server.connect() as connection:
            connection.execute("ALTER ROLE admin CREATEROLE")
            connection.execute(f"GRANT {self.login['user']} TO admin WITH ADMIN OPTION")
        place = {"host": HOST, "port": self.server.port}
        return {"username": "admin", "password": password.reveal(), **place}

    def connect(self, login, password):
        """Log in to the database."""
        user = login.get("username", self.login["user"])
        if isinstance(self.server, LocalPostgres):
            self.server.connect("drill", user, password).close()
        else:
            self.server.connect(user, password.reveal(), "drill").close()

    def constant(self, body):
        """Return what is the same in each answer."""
        for pattern in (*VARIES, *self.described.get("varies", ())):
            body = re.sub(pattern.encode(), b"", body)
        return body


class Served(ServerProcess):
    """A process of the app that serves requests."""

    def __init__(self, app, port, child):
        self.app, self.port = app, port
        super().__init__(child)

    @classmethod
    def start(cls, app, place, environment, log):
        """Start the server, and wait until it answers."""
        port = free_port()
        command = shlex.split(app.described["serve"].format(port=port))
        env = app.environment(place, environment)
        command[0] = str(app.venv / "bin" / command[0])
        child = SupervisedProcess(app.name, [command], log=log, env=env, cwd=place)
        running = cls(app, port, child)
        try:
            child.wait_until(running.answers, TIMEOUT)
        except BaseException:
            child.stop()
            raise
        return running

    def answers(self):
        """Check the pages; None if one does not answer yet."""
        try:
            statuses = {self.request("GET", page)[0] for page in self.app.pages}
        except (OSError, http.client.HTTPException):
            return None
        return statuses == {http.client.OK} or None

    def request(self, method, page):
        """Send a request, and return the status and what is the same in each answer."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=TIMEOUT)
        headers = {"X-Forwarded-Proto": "https"}
        for name, value in self.app.described.get("headers", {}).items():
            headers[name] = value.format(output=self.app.output)
        try:
            connection.request(method, page, headers=headers)
            response = connection.getresponse()
            return response.status, self.app.constant(response.read())
        finally:
            connection.close()


class Script:
    """A command that is run in place of each request.

    Attributes:
        refuses: Whether AWS is unavailable, so that each command must fail.
    """

    def __init__(self, app, place, environment, log):
        self.app, self.place, self.environment, self.log = app, place, environment, log
        self.refuses = False
        self.answers = {page: self.run(page) for page in app.pages}

    def run(self, page):
        """Run the command, and return what is the same in each output."""
        command = self.app.described["script"].format(page=page)
        return self.app.constant(self.app.run(self.place, command, self.environment, self.log))

    def request(self, _method, page):
        """Run the command; return the status and the body of a request with the same result."""
        before = self.refuses
        try:
            body, failed = self.run(page), False
        except ShieldError:
            body, failed = self.answers[page], True
        is_right = failed in {before, self.refuses}
        return (http.client.OK if is_right else http.client.INTERNAL_SERVER_ERROR), body

    def stop(self):
        """Do nothing: nothing is running."""
