"""The whole journey on the sample shop, with real processes, and a summary of what was counted on the way."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shield_ai.model.errors import DONE, FINDINGS, ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.sandbox.emulator.server import LocalAws
from shield_ai.sandbox.load import Load
from shield_ai.sandbox.postgres import LocalPostgres
from shield_ai.sandbox.webapp import (
    WebApp,
    copy_sample,
    load_data,
    write_env,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LOG, _REPORT = "demo.log", "report.html"
ONE, TWO = "one user, our Django backend", "two users, Django's own"


def run_demo(keep: Path | None) -> int:
    """Run it all and sum it up.

    Args:
        keep: Leave the app here: as it was after apply, and as it is at the end.

    Returns:
        The exit code: 0 when every stage did what it should.
    """
    if keep and keep.exists() and any(keep.iterdir()):
        raise ShieldError(f"{keep} is not empty", "name a new folder")
    with contextlib.ExitStack() as stack:
        started = time.monotonic()
        folder = keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="shield-demo-"))
        )
        folder.mkdir(parents=True, exist_ok=True)
        aws = stack.enter_context(LocalAws.start())
        pg = stack.enter_context(LocalPostgres.start())
        journey = Journey(folder, aws, pg)
        journey.say(
            "start",
            f"an embedded AWS and a PostgreSQL, ready in {time.monotonic() - started:.1f} s",
        )
        journey.run()
    click.echo("\n" + "\n".join(journey.lines), err=True)
    if keep:
        click.echo(f"\nleft for a look: {keep}", err=True)
    return FINDINGS if journey.failed else DONE


class Journey:
    """One run: the app, the servers, and what was seen."""

    def __init__(self, folder: Path, aws: LocalAws, pg: LocalPostgres) -> None:
        self.folder = folder
        self.app = copy_sample(folder / "storefront")
        self.aws = aws
        self.pg = pg
        self.secrets: dict[str, Hidden] = write_env(self.app, pg)
        self.plain = {
            k: v
            for k, v in os.environ.items()
            if k not in self.secrets and not k.startswith("DATABASE_")
        }
        self.lines: list[str] = []
        self.failed = False
        self.seen = bytearray()  # everything that any command printed, for the search for values

    def say(self, stage: str, text: str, *, ok: bool = True) -> None:
        """Add a line to the summary; a stage that did not do what it should fails the demo."""
        self.failed |= not ok
        self.lines.append(f"{stage:<9} {'' if ok else 'FAILED: '}{text}")

    def run(self) -> None:
        """Go through the stages."""
        off = {**self.plain, "DJANGO_SETTINGS_MODULE": "storefront.settings.production"}
        on = self.aws.environment(off) | {"USE_AWS_SECRETS": "true", "DJANGO_ENV": "production"}
        load_data(self.app, off, self.folder / _LOG)
        with self.serving("before", "on its .env", off):
            pass
        self.scan()
        self.draft()
        before = snapshot(self.app)
        self.plan()
        self.apply()
        env_file = self.app / ".env"
        env_file.rename(self.folder / "env-put-aside")
        with self.serving("after", "without .env, on secrets from AWS", on) as app:
            self.say(
                "",
                "signs with the webhook secret that AWS holds",
                ok=app.accepts_webhook(self.secrets["PAYMENT_WEBHOOK_SECRET"]),
            )
        self.verify()
        self.watch()
        shutil.copytree(self.app, self.folder / "applied")
        self.rollback(before)
        (self.folder / "env-put-aside").rename(env_file)
        with self.serving("again", "on its .env, as before", off):
            pass
        Rotations(self).run(on)
        self.leaks()

    @contextlib.contextmanager
    def serving(self, stage: str, how: str, environment: Mapping[str, str]) -> Iterator[WebApp]:
        """Serve the shop with waitress and ask its /health."""
        with WebApp.start(self.app, environment, self.folder / _LOG) as app:
            health = app.health()
            self.say(
                stage,
                f"/health {health['status']} {how}, {health['products']} products",
                ok=health["products"] > 0,
            )
            yield app

    def shield(
        self,
        *arguments: str,
        show: bool = True,
        codes: tuple[int, ...] = (DONE,),
        app: Path | None = None,
    ) -> str:
        """Run one command as a user would, and show it."""
        command = [sys.executable, "-m", "shield_ai", *arguments]
        click.secho(f"$ shield {' '.join(arguments)}", err=True, bold=True)
        done = subprocess.run(
            command,
            cwd=app or self.app,
            env=self.aws.environment(self.plain),
            capture_output=True,
            text=True,
            check=False,
        )
        self.seen += done.stdout.encode() + done.stderr.encode()
        if show:
            click.echo(done.stdout + done.stderr, err=True)
        if done.returncode not in codes:
            raise ShieldError(
                f"shield {arguments[0]} ended with {done.returncode}", "its own words stand above"
            )
        return done.stdout

    def scan(self) -> None:
        """Find."""
        self.shield("scan", codes=(FINDINGS,))
        findings = json.loads(
            self.shield("scan", "--format", "json", show=False, codes=(FINDINGS,))
        )["findings"]
        self.say("scan", f"{len(findings)} findings in {len({f['path'] for f in findings})} files")

    def draft(self) -> None:
        """Name."""
        self.shield("draft")
        manifest = self.app / "shield.toml"
        # What the owner of a database without TLS writes, as the one beside the demo is: else verify won't log in.
        text = manifest.read_text().replace(
            '{every = "30 days"}', '{every = "30 days", sslmode = "disable"}', 1
        )
        manifest.write_text(text)
        self.say("draft", f"{text.count('[[secret]]')} secrets named in shield.toml")

    def plan(self) -> None:
        """Look."""
        self.shield("plan", "--env-file", ".env", "-o", str(self.folder / "plan.json"))
        plan = json.loads((self.folder / "plan.json").read_text())
        edits = sum(len(file["edits"]) for file in plan["files"])
        creates = sum(change["action"] == "create" for change in plan["changes"])
        self.say(
            "plan",
            f"{edits} edits in {len(plan['files'])} files, {creates} secrets to create; no value in it",
        )

    def apply(self) -> None:
        """Do, twice: the second time there is nothing to do."""
        self.shield("apply", "--env-file", ".env", "--yes")
        records = (self.app / ".shield" / "journal.jsonl").read_text().splitlines()
        done = sum(json.loads(line)["event"] == "done" for line in records)
        applied = snapshot(self.app)
        self.shield("apply", "--env-file", ".env", "--yes", show=False)
        self.say(
            "apply",
            f"{done} steps done; a second apply changes nothing",
            ok=snapshot(self.app) == applied,
        )

    def verify(self) -> None:
        """Prove."""
        self.shield("verify")
        checks = json.loads(self.shield("verify", "--json", show=False))
        good = sum(check["status"] == "ok" for check in checks)
        untried = sum(check["status"] == "unknown" for check in checks)
        words = f", {untried} that can't be tried here" if untried else ""
        self.say(
            "verify", f"{good} of {len(checks)} checks ok{words}", ok=good + untried == len(checks)
        )

    def watch(self) -> None:
        """Say who read what, and put all of it on one page."""
        audit = json.loads(self.shield("audit", "--json", show=False))
        reads = sum(access["deeds"].get("read", 0) for access in audit["accesses"])
        self.say(
            "audit",
            f"{audit['events']} events in CloudTrail, {reads} reads, {len(audit['alerts'])} need eyes",
        )
        page = self.folder / _REPORT
        self.shield("report", "-o", str(page))
        self.say("report", f"one page of {page.stat().st_size // 1024} kB that needs nothing else")

    def rollback(self, before: dict[str, bytes]) -> None:
        """Go back, and compare every byte."""
        self.shield("rollback", "--yes")
        now = snapshot(self.app)
        differ = [
            path
            for path in now.keys() | before.keys()
            if path != ".env" and now.get(path) != before.get(path)
        ]
        self.say(
            "rollback",
            f"{len(now)} files, {len(differ)} differ from before the apply",
            ok=not differ,
        )

    def leaks(self) -> None:
        """Search everything that was printed, logged, planned or journalled for every value."""
        kept = self.app / ".shield"
        places = [
            self.folder / _LOG,
            self.folder / "plan.json",
            self.folder / _REPORT,
            kept / "journal.jsonl",
        ]
        places += [self.aws.log_path, self.pg.log_path]
        haystack = bytes(self.seen) + b"".join(
            place.read_bytes() for place in places if place.exists()
        )
        found = [
            name for name, value in self.secrets.items() if value.reveal().encode() in haystack
        ]
        places_text = "output, logs, plan, report and journal"
        text = (
            f"{len(self.secrets)} values searched for in {len(haystack)} bytes of {places_text}: "
        )
        self.say(
            "leaks", text + (f"found {', '.join(found)}" if found else "none found"), ok=not found
        )


class Rotations:
    """New passwords for the database while customers shop: with one user, by command; with two in turn, by a function.

    Each request makes a connection of its own, so that no old one hides a password that is refused. The app is the
    copy that was kept after `apply`; its secrets are restored first.
    """

    NAME = "database-credentials"
    SETTINGS = """\
from storefront.settings.production import *

DATABASES["default"] |= {"CONN_MAX_AGE": 0}
"""
    PLAIN = 'DATABASES["default"] |= {"ENGINE": "django.db.backends.postgresql"}\n'

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.app = journey.folder / "applied"
        self.client = journey.aws.client("secretsmanager")

    def run(self, on: Mapping[str, str]) -> None:
        """Rotate, and count."""
        journey = self.journey
        journey.shield(
            "apply",
            "--only",
            "aws",
            "--env-file",
            "../storefront/.env",
            "--yes",
            show=False,
            app=self.app,
        )
        self.strategy("postgres-single-user")
        # puts in the backend that survives it
        journey.shield("apply", "--only", "code", "--yes", app=self.app)
        self.rotate(on, ONE, self.SETTINGS)
        self.strategy("postgres-alternating-users", f', admin = "{self.administrator()}"')
        self.deploy()
        self.rotate(on, TWO, self.SETTINGS + self.PLAIN)

    def strategy(self, name: str, more: str = "") -> None:
        """Write into shield.toml what its owner would."""
        manifest = self.app / "shield.toml"
        text = re.sub(
            r'(name = "database-credentials"(?:.|\n)*?rotate = ).*',
            rf'\1{{every = "30 days", strategy = "{name}", sslmode = "disable"{more}}}',
            manifest.read_text(),
            count=1,
        )
        manifest.write_text(text)

    def deploy(self) -> None:
        """Let a function do it from now on: the embedded AWS runs it as Lambda would."""
        manifest = self.app / "shield.toml"
        manifest.write_text(
            manifest.read_text().replace("[[secret]]", "[rotation]\nlog_days = 30\n\n[[secret]]", 1)
        )
        self.journey.shield("apply", "--only", "aws", "--yes", app=self.app)

    def administrator(self) -> str:
        """Make an administrator as a managed database has one: it makes roles, and is no superuser."""
        pg, login = self.journey.pg, self.login()
        name, password = "shop_admin", Hidden(secrets.token_urlsafe(18))
        pg.create_role(name, password)
        with pg.connect() as connection:
            connection.execute(f"ALTER ROLE {name} CREATEROLE")
            connection.execute(f"GRANT {login['username']} TO {name} WITH ADMIN OPTION")
        self.journey.secrets["database-admin"] = password
        document = json.dumps({"username": name, "password": password.reveal()})
        self.client.create_secret(Name="database-admin", SecretString=document)
        return "database-admin"

    def login(self) -> dict[str, str]:
        """Read the current login."""
        document: dict[str, str] = json.loads(
            self.client.get_secret_value(SecretId=self.NAME)["SecretString"]
        )
        return document

    def rotate(self, on: Mapping[str, str], how: str, settings: str) -> None:
        """Rotate once under load."""
        journey, before = self.journey, self.login()
        (journey.folder / "under_load.py").write_text(settings)
        path = os.pathsep.join(filter(None, (str(journey.folder), on.get("PYTHONPATH"))))
        environment = {**on, "DJANGO_SETTINGS_MODULE": "under_load", "PYTHONPATH": path}
        with WebApp.start(self.app, environment, journey.folder / _LOG) as app, Load(app) as load:
            load.go_on(30)
            journey.shield("rotate", self.NAME, "--yes", app=self.app)
            load.go_on(30)
        after = self.login()
        journey.secrets[f"{self.NAME} after {how}"] = Hidden(after["password"])
        why = ", ".join(f"{number} times {what}" for what, number in load.failures.items())
        counts = f"{load.answered} requests, {load.failures.total()} failed, the slowest {load.slowest:.1f} s"
        journey.say(
            "rotate" if how == ONE else "",
            f"{how}: {counts}" + (f" ({why})" if why else ""),
            ok=not load.failures and after["password"] != before["password"],
        )


def snapshot(root: Path) -> dict[str, bytes]:
    """Read every file of the app but Shield's own folder and Python's bytecode."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not {".shield", "__pycache__"} & set(path.relative_to(root).parts)
    }
