"""Rotate, cut off AWS and kill commands while an app serves requests; count the failures.

    python bench/drill/run.py [--kills 10] [--outage 60] [--seed 1]
    python bench/drill/run.py --app bench/drill/apps/NAME.toml --source FOLDER --venv FOLDER

The app is the sample app, or a public one that a file describes: see `public_app.py`. It runs
behind its server, with a database and the AWS emulator behind a proxy. The stages: apply and
deployment, three rotations of the database password, an outage of AWS, kills of each command at
random moments, the return to environment variables, and the rollback. Clients request pages during
all stages. Every number in the columns "failed" and "wrong" must be 0.
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
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "helpers"))

from fault_proxy import FaultProxy
from killed import Moments, Shield, kill_often
from public_app import PublicApp
from sample_app import SampleApp

from shield_ai.model.errors import ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.sandbox import LocalAws
from shield_ai.sandbox.demo import snapshot as read_files
from shield_ai.sandbox.load import Load

ROLLBACK = ("rollback", "--yes")
ADMIN = "database-admin"  # the secret of the user that creates other users
COMMANDS = ["scan", "draft", "plan", "verify", "audit", "rotate", "pull", "rollback", "apply"]
KEPT = 6  # the exit code of a rollback that keeps a rotated secret
IDENTITY = ["-c", "user.name=drill", "-c", "user.email=drill@example.com"]


def snapshot(root):
    files = read_files(root)
    return {path: content for path, content in files.items() if not path.startswith(".git/")}


def login_of(text):
    """Return the login in the value of a secret: a document, a URL or a password."""
    if text.startswith("{"):
        return json.loads(text)
    return {"password": unquote(urlsplit(text).password or "") if "://" in text else text}


class Drill:
    """The app, its servers, and what was counted."""

    def __init__(self, subject, folder, aws, proxy, stack):
        self.subject, self.folder, self.aws, self.proxy = subject, folder, aws, proxy
        self.app, self.values = subject.create(folder, stack)
        names = {*self.values, *(name for name in os.environ if name.startswith("DATABASE_"))}
        self.base = {name: value for name, value in os.environ.items() if name not in names}
        self.base |= subject.variables
        self.stack = stack
        self.log = folder / "app.log"
        self.rotate = ("rotate", subject.secret, "--yes")
        self.apply = ("apply", "--env-file", subject.env_file, "--yes")
        self.pull = ("pull", "--env-file", subject.env_file, "--yes")
        self.shield = Shield(self.app, aws.environment(self.base))
        self.shields = [self.shield]
        self.client = aws.client("secretsmanager")
        self.password = next(v.reveal() for n, v in self.values.items() if "password" in n.lower())
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
        printed = [text for shield in self.shields for text in shield.printed]
        (self.folder / "shield.log").write_text("\n".join(printed))
        print(f"{stage:<12} {answered:>8} {failed:>7} {wrong:>6}  {text}", flush=True)

    def git(self, *arguments):
        command = ["git", *IDENTITY, *arguments]
        subprocess.run(command, cwd=self.app, check=True, capture_output=True)

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def deploy(self, *, env_file, aws_on):
        """Copy the app and start the copy."""
        self.deployments += 1
        place = self.deployed = self.folder / f"deployed-{self.deployments}"
        shutil.copytree(self.app, place, ignore=shutil.ignore_patterns(".shield", ".git"))
        if not env_file:
            (place / self.subject.env_file).unlink()
        self.start(place, aws_on=aws_on)

    def start(self, place, *, aws_on):
        """Start a process of a copy, send the requests there, and stop the one before."""
        old = self.running
        self.running = self.subject.serve(place, self.app_environment(aws_on=aws_on), self.log)
        if self.load:
            self.load.switch(self.running)
            self.load.wait_for(20)
            time.sleep(1)  # the last answers of the old process
        if old:
            old.stop()

    def restart(self):
        """Restart an app that reads the password only when it starts."""
        if self.subject.restarts:
            self.start(self.deployed, aws_on=True)

    def app_environment(self, *, aws_on):
        if not aws_on:
            return self.base
        on = {"USE_AWS_SECRETS": "true", "DJANGO_ENV": "production", "AWS_SECRETS_TTL": "2"}
        return self.aws.environment(self.base) | {"AWS_ENDPOINT_URL": self.proxy.url} | on

    def read_secret(self):
        return self.client.get_secret_value(SecretId=self.subject.secret)["SecretString"]

    def logs_in(self):
        """Return an error unless the password in AWS logs in."""
        login = login_of(self.read_secret())
        password = Hidden(login["password"])
        self.values[f"rotated {login['password'][-3:]}"] = password
        try:
            self.subject.connect(login, password)
        except Exception as error:  # noqa: BLE001  # any failure is a lockout
            return f"the current password does not log in: {type(error).__name__}"
        return ""


def start(drill):
    """Serve the app with its env file."""
    subject = drill.subject
    drill.git("init", "-q")
    drill.commit("the app")
    subject.set_up(drill.app, drill.base, drill.log)
    drill.deploy(env_file=True, aws_on=False)
    load = Load(drill.running, subject.pause, pages=subject.pages, clients=subject.clients)
    drill.load = drill.stack.enter_context(load)
    drill.row("before", f"the app serves with its {subject.env_file}")


def move(drill):
    """Apply, commit and deploy with AWS on."""
    drill.shield.require("draft")
    manifest = drill.app / "shield.toml"
    manifest.write_text(with_rotation(manifest.read_text(), drill.subject))
    if "alternating" in drill.subject.strategy:
        login = drill.subject.create_admin()
        drill.values["admin's password"] = Hidden(login["password"])
        drill.client.create_secret(Name=ADMIN, SecretString=json.dumps(login))
    drill.commit("shield.toml")
    drill.before = snapshot(drill.app)
    drill.shield.require(*drill.apply)
    drill.subject.edit(drill.app)
    drill.commit("move the secrets")
    drill.applied = snapshot(drill.app)
    drill.deploy(env_file=False, aws_on=True)
    done = drill.shield.run("verify", "--run-settings")
    text = f"deployed without {drill.subject.env_file}; verify exits with {done.code}"
    drill.row("apply", text, done.code)


def with_rotation(manifest, subject):
    """Return shield.toml with a strategy for the login, as a user edits what draft has written."""
    head, *blocks = re.split(r"(?m)^(?=\[\[secret]])", manifest)
    return head + "".join(edited(block.rstrip(), subject) + "\n\n" for block in blocks)


def edited(block, subject):
    """Return the table of a secret with what the description says."""
    name = re.search('(?m)^name = "(.*?)"', block)[1]
    if name in subject.optional:
        return f"{block}\noptional = true"
    if name != subject.secret:
        return block
    block = re.sub(r"(?m)^rotate = .*\n?", "", block).rstrip()
    if subject.fields:
        block = re.sub(r"(?m)^(kind|env) = .*\n?", "", block).rstrip()
        pairs = ", ".join(f'{key} = "{variable}"' for key, variable in subject.fields.items())
        block += f'\nkind = "database"\nfields = {{{pairs}}}'
    options = f'every = "30 days", strategy = "{subject.strategy}", sslmode = "disable"'
    if "alternating" in subject.strategy:
        options += f', admin = "{ADMIN}"'
    return f"{block}\nrotate = {{{options}}}"


def rotate(drill):
    """Rotate the database password three times."""
    for number in (1, 2, 3):
        rotate_once(drill, f"rotation {number}")


def rotate_once(drill, stage):
    """Rotate the password."""
    drill.shield.require(*drill.rotate)
    error = after_rotation(drill)
    drill.row(stage, error or "one user, the new password logs in", bool(error))


def after_rotation(drill):
    """Restart an app that reads the password at the start, and check the new password."""
    drill.restart()
    return drill.logs_in()


def outage(drill, seconds):
    """Take AWS away: what runs must go on, and what starts must not use a default."""
    drill.proxy.answer("*", "ServiceUnavailable", at=None)
    drill.running.refuses = True
    started = time.monotonic()
    log = drill.folder / "refused.log"
    wrong = []
    try:
        drill.subject.serve(drill.deployed, drill.app_environment(aws_on=True), log).stop()
        wrong.append("a process without variables started")
    except ShieldError:
        if "SecretUnavailableError" not in log.read_text():
            wrong.append("a process did not start for another reason")
    while time.monotonic() - started < seconds:
        drill.load.wait_for(20)
    drill.proxy.rules.clear()
    drill.running.refuses = False
    text = f"{seconds:.0f} s without AWS; a process that starts then refuses to"
    drill.row("outage", "; ".join(wrong) or text, len(wrong))
    rotate_once(drill, "")


def kill_commands(drill, moments):
    """Kill each command at random moments, and do what it prints."""
    env_file = drill.app / drill.subject.env_file
    original = env_file.read_text()
    login = login_of(drill.read_secret())
    rotated = {drill.password, login.get("username", drill.password).removesuffix("_clone")}
    known = {line for line in original.splitlines() if not any(part in line for part in rotated)}
    env_names = names_in(original)

    def unchanged():
        now, before = snapshot(drill.app), drill.applied
        changed = {path for path in now.keys() | before.keys() if now.get(path) != before.get(path)}
        return "a file changed" if changed - {env_file.name} else ""

    def complete():
        text = env_file.read_text()
        kept = known <= set(text.splitlines()) and env_names <= names_in(text)
        return "" if kept else f"{env_file.name} lost a line"

    again = functools.partial(kill_often, moments, drill.shield)
    checks = dict.fromkeys(["scan", "draft", "plan", "verify", "audit"], unchanged)
    checks["pull"] = complete
    whole = {"pull": drill.pull}
    for command in drill.commands:
        if command in checks:
            arguments = whole.get(command, [command])
            report(drill, again(arguments, check=checks[command]))
    if "rotate" in drill.commands:
        kill_rotate(drill, moments)


def kill_rotate(drill, moments):
    """Kill rotations, and resume those that are pending.

    A rotation may also have ended before the kill. The next one changes the other password, so apps
    that read it at the start are restarted.
    """
    once = moments._replace(in_a_row=1)
    check = functools.partial(after_rotation, drill)
    options = {"check": check, "after_kill": drill.restart}
    report(drill, kill_often(once, drill.shield, drill.rotate, **options))


def names_in(env_file):
    return {line.partition("=")[0] for line in env_file.splitlines() if "=" in line}


def report(drill, kills):
    text = f"killed {kills.killed} times"
    if kills.wrong:
        text += f"; first: {kills.wrong[0]}"
    drill.row(f"- {kills.command}", text, len(kills.wrong))


def switch_back(drill):
    """Return to environment variables after rotations."""
    started = time.monotonic()
    drill.shield.require(*drill.pull)
    drill.deploy(env_file=True, aws_on=False)
    seconds = time.monotonic() - started
    drill.row("switch back", f"shield pull, and a process with it, in {seconds:.1f} s")


def roll_back(drill):
    """Undo apply, with secrets that were rotated since."""
    env_file = drill.app / drill.subject.env_file
    env = env_file.read_bytes()
    drill.subject.undo_edit(drill.app)
    done = drill.shield.run(*ROLLBACK)
    assert done.code == KEPT, done.text  # a secret that was rotated stays in AWS
    drill.shield.run(*drill.pull)  # as its hint says
    now = snapshot(drill.app)
    paths = (now.keys() | drill.before.keys()) - {drill.subject.env_file}
    different = [path for path in paths if now.get(path) != drill.before.get(path)]
    lost = env_file.read_bytes() != env
    drill.deploy(env_file=True, aws_on=False)
    text = f"{len(now)} files, {len(different)} differ from before apply"
    drill.row("rollback", text, len(different) + lost)
    drill.commit("roll back")


def kill_apply_and_rollback(drill, moments):
    """Kill apply and rollback in a copy of the app that uses another AWS emulator."""
    app = drill.folder / "workstation"
    shutil.copytree(drill.app, app, ignore=shutil.ignore_patterns(".shield"))
    with LocalAws.start() as aws:
        shield = Shield(app, aws.environment(drill.base))
        client = aws.client("secretsmanager")
        before = snapshot(app)
        shield.require(*drill.apply)
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

        again = functools.partial(kill_often, moments, shield)
        if "rollback" in drill.commands:
            undo = functools.partial(shield.require, *drill.apply)
            report(drill, again(ROLLBACK, check=is_before, undo=undo))
        if "apply" in drill.commands:
            undo = functools.partial(shield.require, *ROLLBACK)
            report(drill, again(drill.apply, check=is_applied, undo=undo))
        drill.shields.append(shield)


def search_for_values(drill):
    """Search all output and the app's log for values of secrets."""
    text = drill.log.read_text(errors="replace")
    text += "".join(text for shield in drill.shields for text in shield.printed)
    found = [name for name, value in drill.values.items() if value.reveal() in text]
    drill.row("leaks", f"{len(drill.values)} values in {len(text) // 1024} kB", len(found))


def search_for_errors(drill):
    """Search the output for errors without a hint."""
    found = [text for shield in drill.shields for text in shield.errors_without_hint()]
    commands = sum(len(shield.printed) for shield in drill.shields)
    text = f"{commands} commands"
    if found:
        text += f"; first error without a hint: {found[0]}"
    drill.row("hints", text, len(found))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=10, help="of each command")
    parser.add_argument("--in-a-row", type=int, default=1, help="kills before a command runs again")
    parser.add_argument("--commands", nargs="+", default=COMMANDS, metavar="COMMAND")
    parser.add_argument("--outage", type=float, default=60, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--app", type=Path, help="the description of a public app")
    parser.add_argument("--source", type=Path, help="its folder")
    parser.add_argument("--venv", type=Path, help="its virtual environment")
    parser.add_argument("--keep", type=Path, help="a new folder that is kept")
    args = parser.parse_args()
    moments = Moments(args.kills, args.in_a_row, random.Random(args.seed))
    subject = PublicApp(args.app, args.source, args.venv) if args.app else SampleApp()
    with contextlib.ExitStack() as stack:
        folder = args.keep
        if not folder:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="shield-drill-"))
        folder = Path(folder).absolute()
        folder.mkdir(exist_ok=True)
        aws = stack.enter_context(LocalAws.start())
        proxy = stack.enter_context(FaultProxy(aws.url))
        drill = Drill(subject, folder, aws, proxy, stack)
        drill.commands = args.commands
        print(f"{'stage':<12} {'answered':>8} {'failed':>7} {'wrong':>6}")
        try:
            start(drill)
            move(drill)
            rotate(drill)
            outage(drill, args.outage)
            kill_commands(drill, moments)
            switch_back(drill)
            roll_back(drill)
            kill_apply_and_rollback(drill, moments)
            search_for_values(drill)
            search_for_errors(drill)
        finally:
            if drill.load and drill.load.failures:
                print(dict(drill.load.failures))
            if drill.running:
                stack.callback(drill.running.stop)
    print(f"{sum(drill.rows)} wrong")
    return min(1, sum(drill.rows))


if __name__ == "__main__":
    sys.exit(main())
