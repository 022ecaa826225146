"""Rotate, cut off AWS and kill commands while the sample app serves requests; count the failures.

    python bench/drill/run.py [--kills 10] [--outage 60] [--seed 1]

The app runs behind a WSGI server, with PostgreSQL and the embedded AWS behind a proxy. The stages:
apply and deployment, three rotations of the database password, an outage of AWS, kills of each
command at random moments, the return to environment variables, and the rollback. Four clients
request pages during all stages. Every number in the columns "failed" and "wrong" must be 0.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from killed import Shield, kill_often

from shield_ai.model.errors import ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.sandbox import LocalAws, LocalPostgres, WebApp, copy_sample, load_data, write_env
from shield_ai.sandbox.demo import snapshot as read_files
from shield_ai.sandbox.load import Load

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "helpers"))

from fault_proxy import FaultProxy

SECRET = "database-credentials"
ROTATE = ("rotate", SECRET, "--yes")
APPLY = ("apply", "--env-file", ".env", "--yes")
ROLLBACK = ("rollback", "--yes")
PULL = ("pull", "--env-file", ".env", "--yes")
KEPT = 6  # the exit code of a rollback that keeps a rotated secret
ROTATION = '{every = "30 days", strategy = "postgres-single-user", sslmode = "disable"}'
IDENTITY = ["-c", "user.name=drill", "-c", "user.email=drill@example.com"]
ENV_NAMES = ("SECRET_KEY", "DATABASE_PASSWORD", "CACHE_URL", "INVOICE_SIGNING_KEY")
PAUSE = 0.05  # seconds between two requests of a client
SETTINGS_MODULE = "storefront.settings.production"
SETTINGS = """\
from storefront.settings.production import *

for database in DATABASES.values():
    database["CONN_MAX_AGE"] = 0  # so that no open connection hides a dead password
"""


def snapshot(root):
    files = read_files(root)
    return {path: content for path, content in files.items() if not path.startswith(".git/")}


class Drill:
    """The app, its servers, and what was counted."""

    def __init__(self, folder, aws, pg, proxy, stack):
        self.folder, self.aws, self.pg, self.proxy, self.stack = folder, aws, pg, proxy, stack
        self.app = copy_sample(folder / "storefront")
        self.values = write_env(self.app, pg)
        names = {*self.values, *(name for name in os.environ if name.startswith("DATABASE_"))}
        self.base = {name: value for name, value in os.environ.items() if name not in names}
        self.log = folder / "app.log"
        self.shield = Shield(self.app, aws.environment(self.base))
        self.printed = [self.shield.printed]
        self.client = aws.client("secretsmanager")
        self.deployments = 0
        self.running = self.load = None
        self.before = self.applied = {}  # the files before and after apply
        self.rows = []
        self.failed = 0  # the failures of requests that are in a row
        self.answered = 0

    def row(self, stage, text, wrong=0):
        """Print a row; requests that failed since the last one are wrong, too."""
        failed = answered = 0
        if self.load:
            self.load.wait_for(20)
            failed = self.load.failures.total() - self.failed
            answered = self.load.answered - self.answered
            self.failed, self.answered = self.load.failures.total(), self.load.answered
        self.rows.append(wrong + failed)
        print(f"{stage:<12} {answered:>8} {failed:>7} {wrong:>6}  {text}", flush=True)

    def git(self, *arguments):
        command = ["git", *IDENTITY, *arguments]
        subprocess.run(command, cwd=self.app, check=True, capture_output=True)

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def deploy(self, *, env_file, aws_on):
        """Start a copy of the app, send the requests there, and stop the one before."""
        self.deployments += 1
        place = self.folder / f"deployed-{self.deployments}"
        shutil.copytree(self.app, place, ignore=shutil.ignore_patterns(".shield", ".git"))
        if not env_file:
            (place / ".env").unlink()
        (place / "under_load.py").write_text(SETTINGS)
        old = self.running
        self.running = WebApp.start(place, self.app_environment(aws_on=aws_on), self.log)
        if self.load:
            self.load.switch(self.running)
            self.load.wait_for(20)
            time.sleep(1)  # the last answers of the old process
        if old:
            old.stop()

    def app_environment(self, *, aws_on):
        env = {**self.base, "DJANGO_SETTINGS_MODULE": "under_load"}
        if not aws_on:
            return env
        on = {"USE_AWS_SECRETS": "true", "DJANGO_ENV": "production", "AWS_SECRETS_TTL": "2"}
        return self.aws.environment(env) | {"AWS_ENDPOINT_URL": self.proxy.url} | on

    def logs_in(self):
        """Return an error unless the password in AWS logs in."""
        text = self.client.get_secret_value(SecretId=SECRET)["SecretString"]
        login = json.loads(text)
        self.values[f"rotated {login['password'][-3:]}"] = Hidden(login["password"])
        try:
            user, database = login["username"], login["database"]
            self.pg.connect(database, user, Hidden(login["password"])).close()
        except Exception as error:  # noqa: BLE001  # any failure is a lockout
            return f"the current password does not log in: {type(error).__name__}"
        return ""


def start(drill):
    """Serve the app with its .env."""
    with (drill.app / ".gitignore").open("a") as ignore:
        ignore.write(".env\n*.pyc\n")
    drill.git("init", "-q")
    drill.commit("the app")
    load_data(drill.app, {**drill.base, "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE}, drill.log)
    drill.deploy(env_file=True, aws_on=False)
    drill.load = drill.stack.enter_context(Load(drill.running, PAUSE))
    drill.row("before", "the app serves with its .env")


def move(drill):
    """Apply, commit and deploy with AWS on."""
    drill.shield.require("draft")
    manifest = drill.app / "shield.toml"
    rotate_line = rf'(name = "{SECRET}"(?:.|\n)*?rotate = ).*'
    manifest.write_text(re.sub(rotate_line, rf"\1{ROTATION}", manifest.read_text(), count=1))
    drill.commit("shield.toml")
    drill.before = snapshot(drill.app)
    drill.shield.require(*APPLY)
    drill.commit("move the secrets")
    drill.applied = snapshot(drill.app)
    drill.deploy(env_file=False, aws_on=True)
    done = drill.shield.run("verify", "--run-settings")
    drill.row("apply", f"deployed without .env; verify exits with {done.code}", done.code)


def rotate(drill):
    """Rotate the database password three times."""
    for number in (1, 2, 3):
        drill.shield.require(*ROTATE)
        error = drill.logs_in()
        drill.row(f"rotation {number}", error or "one user, the new password logs in", bool(error))


def outage(drill, seconds):
    """Take AWS away: what runs must go on, and what starts must not use a default."""
    drill.proxy.answer("*", "ServiceUnavailable", at=None)
    started = time.monotonic()
    place = drill.folder / f"deployed-{drill.deployments}"
    log = drill.folder / "refused.log"
    wrong = []
    try:
        WebApp.start(place, drill.app_environment(aws_on=True), log).stop()
        wrong.append("a process without variables started")
    except ShieldError:
        if "SecretUnavailableError" not in log.read_text():
            wrong.append("a process did not start for another reason")
    while time.monotonic() - started < seconds:
        drill.load.wait_for(20)
    drill.proxy.rules.clear()
    text = f"{seconds:.0f} s without AWS; a process that starts then refuses to"
    drill.row("outage", "; ".join(wrong) or text, len(wrong))
    drill.shield.require(*ROTATE)
    error = drill.logs_in()
    drill.row("", error or "a rotation after it", bool(error))


def kill_commands(drill, number, generator):
    """Kill each command at random moments, and do what it prints."""
    env_file = drill.app / ".env"
    known = set(env_file.read_text().splitlines()[:4])  # the lines that no rotation changes

    def unchanged():
        return "" if snapshot(drill.app) == drill.applied else "a file changed"

    def complete():
        lines = env_file.read_text().splitlines()
        names = {line.partition("=")[0] for line in lines if line}
        return "" if known <= set(lines) and names >= {*ENV_NAMES} else ".env lost a line"

    again = functools.partial(kill_often, drill.shield, number=number, generator=generator)
    for command in ("scan", "draft", "plan", "verify", "audit"):
        report(drill, again([command], check=unchanged))
    report(drill, again(ROTATE, check=drill.logs_in))
    report(drill, again(PULL, check=complete))


def report(drill, kills):
    text = f"killed {kills.killed} times"
    if kills.wrong:
        text += f"; first: {kills.wrong[0]}"
    drill.row(f"- {kills.command}", text, len(kills.wrong))


def switch_back(drill):
    """Return to environment variables after rotations."""
    started = time.monotonic()
    drill.shield.require(*PULL)
    drill.deploy(env_file=True, aws_on=False)
    seconds = time.monotonic() - started
    drill.row("switch back", f"shield pull, and a process with .env, in {seconds:.1f} s")


def roll_back(drill):
    """Undo apply, with secrets that were rotated since."""
    env = (drill.app / ".env").read_bytes()
    done = drill.shield.run(*ROLLBACK)
    assert done.code == KEPT, done.text  # a secret that was rotated stays in AWS
    drill.shield.run(*PULL)  # as its hint says
    now = snapshot(drill.app)
    paths = (now.keys() | drill.before.keys()) - {".env"}
    different = [path for path in paths if now.get(path) != drill.before.get(path)]
    lost = (drill.app / ".env").read_bytes() != env
    drill.deploy(env_file=True, aws_on=False)
    text = f"{len(now)} files, {len(different)} differ from before apply"
    drill.row("rollback", text, len(different) + lost)
    drill.commit("roll back")


def kill_apply_and_rollback(drill, number, generator):
    """Kill apply and rollback in a copy of the app that uses another embedded AWS."""
    app = drill.folder / "workstation"
    shutil.copytree(drill.app, app, ignore=shutil.ignore_patterns(".shield"))
    with LocalAws.start() as aws:
        shield = Shield(app, aws.environment(drill.base))
        client = aws.client("secretsmanager")
        before = snapshot(app)
        shield.require(*APPLY)
        applied = snapshot(app)

        def values():
            names = [item["Name"] for item in client.list_secrets()["SecretList"]]
            return {name: client.get_secret_value(SecretId=name)["SecretString"] for name in names}

        stored = values()

        def is_applied():
            same = snapshot(app) == applied and values() == stored
            return "" if same else "files or secrets differ after apply"

        def is_before():
            same = snapshot(app) == before and not values()
            return "" if same else "files or secrets differ after rollback"

        again = functools.partial(kill_often, shield, number=number, generator=generator)
        undo = functools.partial(shield.require, *APPLY)
        report(drill, again(ROLLBACK, check=is_before, undo=undo))
        undo = functools.partial(shield.require, *ROLLBACK)
        report(drill, again(APPLY, check=is_applied, undo=undo))
        drill.printed.append(shield.printed)


def search_for_values(drill):
    """Search all output and the app's log for values of secrets."""
    text = drill.log.read_text(errors="replace")
    text += "".join(line for printed in drill.printed for line in printed)
    found = [name for name, value in drill.values.items() if value.reveal() in text]
    drill.row("leaks", f"{len(drill.values)} values in {len(text) // 1024} kB", len(found))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=10, help="of each command")
    parser.add_argument("--outage", type=float, default=60, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    generator = random.Random(args.seed)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shield-drill-")))
        aws = stack.enter_context(LocalAws.start())
        pg = stack.enter_context(LocalPostgres.start())
        proxy = stack.enter_context(FaultProxy(aws.url))
        drill = Drill(folder, aws, pg, proxy, stack)
        print(f"{'stage':<12} {'answered':>8} {'failed':>7} {'wrong':>6}")
        try:
            start(drill)
            move(drill)
            rotate(drill)
            outage(drill, args.outage)
            kill_commands(drill, args.kills, generator)
            switch_back(drill)
            roll_back(drill)
            kill_apply_and_rollback(drill, args.kills, generator)
            search_for_values(drill)
        finally:
            if drill.load and drill.load.failures:
                print(dict(drill.load.failures))
            if drill.running:
                stack.callback(drill.running.stop)
    print(f"{sum(drill.rows)} wrong")
    return min(1, sum(drill.rows))


if __name__ == "__main__":
    sys.exit(main())
