"""The demo: the whole workflow on the sample app, with real processes, and a summary."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shield_ai.model.errors import DONE, FINDINGS, ShieldError
from shield_ai.model.printable import printable_lines
from shield_ai.sandbox.demo_rotations import DemoRotations
from shield_ai.sandbox.emulator.server import LocalAws
from shield_ai.sandbox.postgres import LocalPostgres
from shield_ai.sandbox.webapp import WebApp, copy_sample, load_data, write_env

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.model.hidden import Hidden

LOG = "demo.log"
REPORT = "report.html"


def run_demo(keep: Path | None) -> int:
    """Run the demo and print its summary.

    Args:
        keep: A new folder for two copies of the app: after apply, and after rollback.

    Returns:
        The exit code: 0 if every stage succeeded.
    """
    keep = keep.resolve() if keep else None  # the commands run in the app's folder
    if keep and keep.exists() and any(keep.iterdir()):
        raise ShieldError(f"{keep} is not empty", "give a new folder")
    with contextlib.ExitStack() as stack:
        started = time.monotonic()
        folder = keep
        if folder is None:
            temporary = tempfile.TemporaryDirectory(prefix="shield-demo-")
            folder = Path(stack.enter_context(temporary))
        folder.mkdir(parents=True, exist_ok=True)
        aws = stack.enter_context(LocalAws.start())
        pg = stack.enter_context(LocalPostgres.start())
        demo = Demo(folder, aws, pg)
        seconds = time.monotonic() - started
        demo.record("start", f"AWS emulator and PostgreSQL ready in {seconds:.1f} s")
        demo.run()
    click.echo("\n" + "\n".join(demo.summary), err=True)
    if keep:
        click.echo(f"\nkept in {keep}", err=True)
    return FINDINGS if demo.has_failed else DONE


class Demo:
    """One run of the demo: the app, the servers and the results."""

    def __init__(self, folder: Path, aws: LocalAws, pg: LocalPostgres) -> None:
        self.folder = folder
        self.app = copy_sample(folder / "storefront")
        self.aws = aws
        self.pg = pg
        self.secrets: dict[str, Hidden] = write_env(self.app, pg)
        self.base_env = {
            name: value
            for name, value in os.environ.items()
            if name not in self.secrets and not name.startswith("DATABASE_")
        }
        self.summary: list[str] = []
        self.has_failed = False
        self.printed = bytearray()  # the output of all commands, to search it for values

    @property
    def log_path(self) -> Path:
        """The log of the sample app."""
        return self.folder / LOG

    def record(self, stage: str, text: str, *, ok: bool = True) -> None:
        """Add a line to the summary, and mark the demo as failed if the stage is not ok."""
        if not ok:
            self.has_failed = True
            text = f"FAILED: {text}"
        self.summary.append(f"{stage:<9} {text}")

    def run(self) -> None:
        """Run all stages."""
        off = {**self.base_env, "DJANGO_SETTINGS_MODULE": "storefront.settings.production"}
        on = self.aws.environment(off) | {"USE_AWS_SECRETS": "true", "DJANGO_ENV": "production"}
        load_data(self.app, off, self.log_path)
        self.check_health("before", "with its .env", off)
        self.scan()
        self.draft()
        before = snapshot(self.app)
        self.plan()
        self.apply()
        env_file = self.app / ".env"
        moved_env_file = self.folder / "env-put-aside"
        env_file.rename(moved_env_file)
        with self.serve("after", "without .env, with secrets from AWS", on) as app:
            accepted = app.accepts_webhook(self.secrets["PAYMENT_WEBHOOK_SECRET"])
            self.record("", "verifies webhooks with the secret from AWS", ok=accepted)
        self.verify()
        self.audit()
        self.report()
        shutil.copytree(
            self.app,
            self.folder / "applied",
            ignore=shutil.ignore_patterns(".shield"),
        )
        self.rollback(before)
        moved_env_file.rename(env_file)
        self.check_health("again", "with its .env, as before", off)
        DemoRotations(self).run(on)
        self.search_for_values()

    @contextlib.contextmanager
    def serve(self, stage: str, how: str, environment: Mapping[str, str]) -> Iterator[WebApp]:
        """Serve the app with waitress and check its /health."""
        with WebApp.start(self.app, environment, self.log_path) as app:
            health = app.health()
            products = health["products"]
            text = f"/health {health['status']} {how}, {products} products"
            self.record(stage, text, ok=products > 0)
            yield app

    def check_health(self, stage: str, how: str, environment: Mapping[str, str]) -> None:
        """Start the app, check its /health and stop it."""
        with self.serve(stage, how, environment):
            pass

    def shield(
        self,
        *arguments: str,
        show: bool = True,
        expected: int = DONE,
        app: Path | None = None,
    ) -> str:
        """Run one command as a user would, and return its standard output.

        Args:
            arguments: The arguments of `shield`.
            show: Whether to print the command and its output.
            expected: The exit code.
            app: The folder to run in; the sample app's by default.

        Raises:
            ShieldError: The command has another exit code.
        """
        if show:
            click.secho(f"$ shield {' '.join(arguments)}", err=True, bold=True)
        done = subprocess.run(
            [sys.executable, "-m", "shield_ai", *arguments],
            cwd=app or self.app,
            env=self.aws.environment(self.base_env),
            stdin=subprocess.DEVNULL,  # no command may wait for an answer to a question
            capture_output=True,
            text=True,
            check=False,
        )
        self.printed += done.stdout.encode() + done.stderr.encode()
        if show:
            click.echo(printable_lines(done.stdout + done.stderr), err=True)
        if done.returncode != expected:
            raise ShieldError(
                f"shield {arguments[0]} exited with {done.returncode}", "see its output above"
            )
        return done.stdout

    def scan(self) -> None:
        """Scan the app."""
        self.shield("scan", expected=FINDINGS)
        output = self.shield("scan", "--format", "json", show=False, expected=FINDINGS)
        findings = json.loads(output)["findings"]
        files = {finding["path"] for finding in findings}
        self.record("scan", f"{len(findings)} findings in {len(files)} files")

    def draft(self) -> None:
        """Create shield.toml, and allow the local database to be used without TLS."""
        self.shield("draft")
        manifest = self.app / "shield.toml"
        text = manifest.read_text()
        rotation = '{every = "30 days"}'
        without_tls = '{every = "30 days", sslmode = "disable"}'
        manifest.write_text(text.replace(rotation, without_tls, 1))
        self.record("draft", f"{text.count('[[secret]]')} secrets in shield.toml")

    def plan(self) -> None:
        """Write a plan to a file."""
        path = self.folder / "plan.json"
        self.shield("plan", "--env-file", ".env", "-o", os.path.relpath(path, self.app))
        plan = json.loads(path.read_text())
        files = len(plan["files"])
        edits = sum(len(file["edits"]) for file in plan["files"])
        creates = sum(change["action"] == "create" for change in plan["changes"])
        self.record(
            "plan", f"{edits} edits in {files} files, {creates} secrets to create; no values"
        )

    def apply(self) -> None:
        """Apply twice: the second apply must change nothing."""
        self.shield("apply", "--env-file", ".env", "--yes")
        records = (self.app / ".shield" / "journal.jsonl").read_text().splitlines()
        steps = sum(json.loads(line).get("event") == "done" for line in records)
        applied = snapshot(self.app)
        self.shield("apply", "--env-file", ".env", "--yes", show=False)
        is_unchanged = snapshot(self.app) == applied
        self.record("apply", f"{steps} steps; a second apply changes nothing", ok=is_unchanged)

    def verify(self) -> None:
        """Run all checks."""
        self.shield("verify", "--run-settings")
        document = json.loads(self.shield("verify", "--run-settings", "--json", show=False))
        checks = [check for check in document["checks"] if check["status"] != "absent"]
        passed = sum(check["status"] == "ok" for check in checks)
        unknown = sum(check["status"] == "unknown" for check in checks)
        text = f"{passed} of {len(checks)} checks passed"
        if unknown:
            text += f", {unknown} can't be tested here"
        self.record("verify", text, ok=passed + unknown == len(checks))

    def audit(self) -> None:
        """Audit the access to the secrets."""
        audit = json.loads(self.shield("audit", "--json", show=False))
        reads = sum(access["deeds"].get("read", 0) for access in audit["accesses"])
        alerts = len(audit["alerts"])
        self.record(
            "audit", f"{audit['events']} CloudTrail events, {reads} reads, {alerts} to review"
        )

    def report(self) -> None:
        """Write the HTML report."""
        path = self.folder / REPORT
        self.shield("report", "--run-settings", "-o", os.path.relpath(path, self.app))
        size = path.stat().st_size // 1024
        self.record("report", f"a self-contained page of {size} kB")

    def rollback(self, before: Mapping[str, bytes]) -> None:
        """Roll back and compare every byte with the files before apply."""
        self.shield("rollback", "--yes")
        now = snapshot(self.app)
        paths = (now.keys() | before.keys()) - {".env"}
        different = [path for path in paths if now.get(path) != before.get(path)]
        self.record(
            "rollback",
            f"{len(now)} files, {len(different)} differ from before the apply",
            ok=not different,
        )

    def search_for_values(self) -> None:
        """Search all output, logs, the plan, the report and the journal for secret values."""
        paths = [
            self.log_path,
            self.folder / "plan.json",
            self.folder / REPORT,
            self.app / ".shield" / "journal.jsonl",
            self.aws.log_path,
            self.pg.log_path,
        ]
        text = bytes(self.printed)
        text += b"".join(path.read_bytes() for path in paths if path.exists())
        found = [name for name, value in self.secrets.items() if value.reveal().encode() in text]
        result = f"found {', '.join(found)}" if found else "none found"
        self.record(
            "leaks",
            f"{len(self.secrets)} values in {len(text) // 1024} kB of output, logs and files:"
            f" {result}",
            ok=not found,
        )


def snapshot(root: Path) -> dict[str, bytes]:
    """Read every file of the app, without .shield and Python's bytecode."""
    files = {}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.is_file() and not {".shield", "__pycache__"} & set(relative.parts):
            files[str(relative)] = path.read_bytes()
    return files
