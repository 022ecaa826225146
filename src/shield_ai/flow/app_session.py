"""One command's work: hands the result of each stage to the next, so that the stages never call each other."""

from __future__ import annotations

import contextlib
import functools
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.aws.desired import resources
from shield_ai.aws.desired.iam import role_name
from shield_ai.flow.apply import Applier, recover, resolve_value
from shield_ai.flow.aws_plan import PlanInputs
from shield_ai.flow.draft import draft
from shield_ai.flow.journal import SECRET, Journal
from shield_ai.flow.plan import plan
from shield_ai.flow.rollback import Rollback, conflicts, last_run
from shield_ai.flow.settings_check import Proving
from shield_ai.flow.verify import db_login
from shield_ai.flow.verify.account import verify_account
from shield_ai.flow.verify.code import (
    verify_code,
    verify_policy,
    verify_resources,
    verify_runtime,
    verify_secrets,
)
from shield_ai.flow.verify.role import read_all, verify_role
from shield_ai.flow.verify.settings import verify_settings
from shield_ai.model.environments import check_account, environment_of, target
from shield_ai.model.errors import (
    ShieldError,
    SourceError,
    StalePlanError,
    UnsafePlanError,
    ValueMissingError,
)
from shield_ai.model.finding import Kind, Severity, Shape
from shield_ai.model.hidden import Hidden
from shield_ai.model.manifest import (
    Manifest,
    parse,
    render,
)
from shield_ai.model.naming import MANIFEST, is_secret
from shield_ai.model.plan import Action, Plan
from shield_ai.model.rotation_policy import environment
from shield_ai.project import git
from shield_ai.project.python_source import digest
from shield_ai.project.tree import Tree
from shield_ai.project.values import Values, read_env_file
from shield_ai.rewrite.python.literals import DOTENV, Removal, dotenv
from shield_ai.scan.python.app_scan import Scan, scan
from shield_ai.scan.text.value_shapes import PLACEHOLDER, WEAK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.aws.live.session import Session
    from shield_ai.flow.journal import Record
    from shield_ai.flow.verify.check import Check
    from shield_ai.model.edit import FileChange, Skipped
    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Secret
    from shield_ai.model.plan import Origin, Receipt
    from shield_ai.model.resource import Live, Resource, Settings

Scope = Literal["code", "aws"]


class AppSession:
    """What one command does to one app.

    Args:
        app: The app's folder.
        only: "code" or "aws" to leave the other half alone.
        env_files: Files to take values from.
        remove_literals: Take literals out of the code, into .env.
        environment: One of shield.toml's; empty: the app as it is.

    Raises:
        ShieldError: The folder or a file of values can't be used.
    """

    def __init__(
        self,
        app: Path,
        *,
        only: Scope | None = None,
        env_files: Sequence[str] = (),
        remove_literals: bool = False,
        environment: str = "",
    ) -> None:
        self.tree = Tree(app)
        self.only = only
        self.journal = Journal(self.tree.root)
        self.environment = environment
        self._given = tuple(env_files)
        self._opened: dict[str, dict[str, Hidden]] = {}
        self.prompt: Callable[[str], Hidden] | None = (
            None  # asks a person for the value of a variable
        )
        self.copy_from = ""  # the environment to take values from
        self._remove_literals = remove_literals
        # Whether what is in AWS already, and is another value or was changed by hand, may be overwritten: kind, name.
        self.may_overwrite: Callable[[str, str], bool] = lambda _kind, _name: False
        # hears how far a long look is
        self.on_progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None
        self.compared_modules: list[
            str
        ] = []  # settings modules that were loaded before and after an apply
        self.comparison_problems: list[str] = []  # why some of them were not compared

    @functools.cached_property
    def scan_result(self) -> Scan:
        """The scan of the app."""
        try:
            secrets = self.manifest_on_disk.secret if self.manifest_on_disk else ()
        except ShieldError:
            secrets = ()  # shield.toml can't be read: whoever needs it will say so
        named = {variable for secret in secrets for variable in secret.variables()}
        first = scan(self.tree.root, named=named)
        sites = [
            f.site
            for f in first.findings
            if f.site and f.severity is not Severity.LOW and not f.site.reason
        ]
        read = {
            variable for site in sites if site.shape is Shape.READ for variable in site.variables
        }
        # A secret by what takes it, not by its name: whatever else reads it goes along.
        odd = {variable for variable in read - named if not is_secret(variable)}
        return scan(self.tree.root, named=named | odd) if odd else first

    @property
    def findings(self) -> Sequence[Finding]:
        """What the scan found."""
        return self.scan_result.findings

    @property
    def unreadable(self) -> Sequence[Skipped]:
        """The files that could not be read or parsed: not clean, only unknown."""
        return [skip for skip in self.scan_result.skipped if not skip.line]

    @functools.cached_property
    def manifest(self) -> Manifest:
        """shield.toml as it stands, or a fresh draft where there is none."""
        written = self.manifest_on_disk
        return written or self._draft(None)

    @functools.cached_property
    def manifest_on_disk(self) -> Manifest | None:
        """shield.toml as it stands; None where there is none."""
        raw = self.tree.read(MANIFEST)
        if raw is None:
            return None
        try:
            return parse(raw.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise SourceError(f"{MANIFEST} is no UTF-8 text", "save the file as UTF-8") from None

    @property
    def target_manifest(self) -> Manifest:
        """The manifest as it is for the environment."""
        return target(self.manifest, self.environment)

    @property
    def _env_files(self) -> tuple[str, ...]:
        there = environment_of(self.manifest, self.environment).env_file if self.environment else ""
        return self._given or ((str(self.tree.path(there)),) if there else ())

    def _draft(self, manifest: Manifest | None) -> Manifest:
        if not self.scan_result.files:
            raise SourceError(
                f"no Python file in {self.tree.root}",
                "give the folder of an app, the one with manage.py for Django",
            )
        return draft(self.findings, manifest, self.scan_result.facts)

    def write_manifest(self, more: Sequence[Secret] = ()) -> str:
        """Write shield.toml, or add to it, and say what happened.

        Args:
            more: Secrets that something else found; those that are there already stay as they are.
        """
        old = self.tree.read(MANIFEST)
        new = self._draft(self.manifest_on_disk)
        have = {name for secret in new.secret for name in (secret.name, *secret.variables())}
        fresh = [
            secret
            for secret in more
            if secret.name not in have and not have & set(secret.variables())
        ]
        new = msgspec.structs.replace(new, secret=(*new.secret, *fresh))
        text = render(new, old.decode("utf-8-sig") if old else "")
        if old is not None and text.encode() == old:
            return f"{MANIFEST} has all {len(new.secret)} secrets already"
        self.tree.write(MANIFEST, text.encode())
        added = len(new.secret) - (
            len(self.manifest_on_disk.secret) if self.manifest_on_disk else 0
        )
        return f"{MANIFEST}: {added} secrets {'added' if old else 'written'}; review it, then shield plan"

    @functools.cached_property
    def aws(self) -> Account | None:
        """The account; None with --only code."""
        if self.only == "code":
            return None
        found = self._account(self.environment)
        check_account(self.manifest, self.environment, found.id)
        return found

    def _account(self, name: str) -> Account:
        """Open the account of an environment."""
        from shield_ai.aws.live.account import Account  # boto3 costs 0.4 s to load
        from shield_ai.aws.live.session import Session  # as above

        way = environment_of(self.manifest, name)
        region = target(self.manifest, name).app.region
        session = Session(region, profile=way.profile, assume=way.assume, read=self.tree.read)
        session.on_progress = self.on_progress
        return Account(session)

    @property
    def aws_session(self) -> Session:
        """The connection to AWS.

        Raises:
            ShieldError: This command leaves AWS alone.
        """
        if self.aws is None:
            raise ShieldError("AWS is left alone with --only code", "leave --only code out")
        return self.aws.session

    def values(self, env_files: Sequence[str]) -> Values:
        """Open the value sources, each once."""
        for path in env_files:
            if path not in self._opened:
                self._opened[path] = read_env_file(Path(path))
        files = {path: self._opened[path] for path in env_files}
        return Values(files, os.environ, self.tree.read, self.prompt, self._copied)

    @functools.cache  # noqa: B019  # lives as long as its command
    def _copied(self, place: str) -> Hidden:
        """Read a secret of another environment: ENVIRONMENT/NAME."""
        name, _, secret = place.partition("/")
        return self._account(name).secrets.read(target(self.manifest, name).app.prefix + secret)

    def _copies(self) -> dict[str, str]:
        """Map each variable whose secret is in the environment to copy from to its locator there."""
        if not self.copy_from:
            return {}
        there = target(self.manifest, self.copy_from)
        names = {there.app.prefix + secret.name: secret for secret in there.secret}
        found = self._account(self.copy_from).secrets.live(names).secrets
        held = [names[name] for name, state in found.items() if state.current and not state.deleted]
        return {
            variable: f"copy:{self.copy_from}/{secret.name}#{field}"
            for secret in held
            for variable, field in secret.variables().items()
        }

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only command at work on this app."""
        with self.journal.locked():
            yield

    def resume(self, made: Plan | None = None) -> Plan:
        """See how an apply that was killed ended, and return what is left to do: of this plan, or planned anew."""
        if self.aws:
            self._refuse_other_environment()
            recover(self.journal, self.aws)
        if made is None:
            return self.plan()
        steps = self.journal.open_steps(self.journal.interrupted_run(), "aws")
        done = [
            (r.resource or SECRET, r.what, r.action, r.previous)
            for r in steps
            if self.journal.is_done(r)
        ]
        left = tuple(
            c for c in made.changes if (c.resource, c.name, c.action, c.version) not in done
        )
        return msgspec.structs.replace(made, changes=left)

    def plan(self) -> Plan:
        """Plan."""
        manifest = self.manifest
        self._refuse_unparsed(manifest)
        live, desired, put = self._look(self.target_manifest)
        variables = [variable for secret in manifest.secret for variable in secret.variables()]
        asked = {variable: f"prompt:{variable}" for variable in variables} if self.prompt else {}
        values = self.values(self._env_files)
        made = plan(
            manifest,
            self.findings,
            read=self.tree.read,
            constants=self.scan_result.constants,
            calls=self.scan_result.calls,
            has_folder=self.tree.has_folder,
            live=live,
            available={**self._copies(), **values.available(variables)}
            if live
            else values.available(variables),
            known=PlanInputs(
                target=self.target_manifest,
                desired=desired,
                put=put,
                last_resort=asked,
                compare=self._compare,
                replace=self.may_overwrite,
            ),
            removal=self._removal() if self._remove_literals else None,
            accessor_import=""
            if self.only == "aws"
            else self.scan_result.facts.accessor_import(manifest),
        )
        return msgspec.structs.replace(
            made,
            skipped=(
                *made.skipped,
                *(skip for skip in self.unreadable if skip.path in self.scan_result.facts.settings),
            ),
            harmless=self.scan_result.harmless,
            environment=self.environment,
            placeholders=tuple(self._placeholders(made, values)),
        )

    @staticmethod
    def _placeholders(made: Plan, values: Values) -> Iterator[str]:
        """Name the secrets whose value in a file or the environment asks for another one."""
        for change in made.changes:
            for origin in change.origins:
                if not origin.locator.startswith(("env:", "dotenv:", "code:")):
                    continue
                value = values.resolve(origin.locator).reveal()
                if PLACEHOLDER.search(value) or WEAK.fullmatch(value):
                    yield f"{change.name} ({origin.locator.rpartition('#')[2].removeprefix('env:')})"

    def _refuse_other_environment(self) -> None:
        run = self.journal.interrupted_run()
        others = {r.environment for r in self.journal.open_steps(run, "aws")} - {self.environment}
        if others:
            name = others.pop()
            option = f" --environment {name}" if name else ""
            raise UnsafePlanError(
                "an apply to another environment was cut off",
                f"finish it first: shield apply{option}, or shield rollback",
            )

    def _removal(self) -> Removal:
        """Say what can be taken out of the code.

        Raises:
            UnsafePlanError: .env would get into git.
        """
        if why := git.holds(self.tree.root, DOTENV):
            hint = (
                "git rm --cached .env, and ignore it"
                if "tracked" in why
                else "add the line .env to .gitignore"
            )
            raise UnsafePlanError(f"{DOTENV} {why}, so no secret can go there", hint)
        there = self.tree.read(DOTENV) is not None
        held = read_env_file(self.tree.path(DOTENV)) if there else {}
        found = [*self.findings, *self.scan_result.constants]
        return Removal(found, self.values(()), held, loaded=self.scan_result.facts.dotenv)

    def _look(
        self, manifest: Manifest
    ) -> tuple[Live | None, tuple[Resource, ...], dict[tuple[str, str], Settings]]:
        """Look at the account: what is there, what should be there, and how an earlier apply left it."""
        if not self.aws:
            return None, (), {}
        account, region = self.aws.id, manifest.app.region
        desired = resources(manifest, account, region, self.tree.read)
        made = {resource.name for resource in desired if resource.kind == "role"}
        if manifest.app.role and role_name(manifest.app) not in made:
            self.aws.require_role(role_name(manifest.app))
        put = self.journal.load().applied_settings(account, region, self.environment)
        names = [manifest.app.prefix + secret.name for secret in manifest.secret]
        keys = {key for key in put if key[0] != SECRET} | {resource.key for resource in desired}
        return self.aws.live(names, keys), desired, put

    def _compare(self, name: str, version: str, origins: tuple[Origin, ...]) -> str:
        """Tell whether the sources have the value that is current in AWS, without reading that one."""
        return self.journal.compare_value(
            name, resolve_value(origins, self.values(self._env_files)), version
        )

    def _refuse_unparsed(self, manifest: Manifest) -> None:
        facts = self.scan_result.facts
        settings = {*manifest.app.settings, *(facts.named or facts.settings)}
        for skip in self.unreadable:
            if skip.path in settings:
                hint = "mend the file, or run shield on the Python that the app runs on; nothing was changed"
                raise SourceError(f"{skip.path}: {skip.reason}", hint)

    def planned_edits(self) -> Sequence[FileChange]:
        """Plan the code alone, for the fixes of a report; none where it can't be planned."""
        try:
            made = AppSession(self.tree.root, only="code")
            made.scan_result = self.scan_result
            return made.plan().files
        except ShieldError:
            return ()

    def load_plan(self, path: Path) -> Plan:
        """Read a plan from a file, and take up its environment.

        Raises:
            StalePlanError: It is no plan.
            UnsafePlanError: It is for another app, or for another environment than the one that was asked for.
        """
        try:
            made = msgspec.json.decode(path.read_bytes(), type=Plan)
        except (OSError, msgspec.DecodeError):
            raise StalePlanError(
                f"{path} is no plan", f"write one with shield plan -o {path.name}"
            ) from None
        if self.environment not in {"", made.environment}:
            where = f"the environment {made.environment}" if made.environment else "no environment"
            raise UnsafePlanError(
                f"{path} is for {where}, not for {self.environment}",
                f"make one with shield plan --environment {self.environment} -o {path.name}",
            )
        self.environment = made.environment
        if made.app != self.manifest.app.name:
            raise UnsafePlanError(
                f"{path} is for the app {made.app}, and this is {self.manifest.app.name}",
                "run shield apply in the folder of the app that the plan was made for",
            )
        if self.only:
            keep_files, keep_changes = self.only == "code", self.only == "aws"
            made = msgspec.structs.replace(
                made,
                files=made.files if keep_files else (),
                changes=made.changes if keep_changes else (),
            )
        return made

    def has_nothing_to_do(self, made: Plan) -> bool:
        """Tell whether there is nothing to do."""
        keeps = all(change.action in {Action.KEEP, Action.DRIFT} for change in made.changes)
        return not made.files and keeps and not self.is_interrupted

    @property
    def is_interrupted(self) -> bool:
        """Tell whether an apply was killed half-way."""
        return bool(self.journal.load().interrupted_run())

    def require_safe(
        self,
        made: Plan,
        *,
        allow_dirty: bool,
        allow_missing: bool,
        allow_placeholders: bool = False,
    ) -> None:
        """Refuse a plan that would lose something, or leave the app without a secret.

        Raises:
            ValueMissingError: A secret that the app needs has no value.
            UnsafePlanError: The git tree has uncommitted changes.
        """
        if made.placeholders and not allow_placeholders:
            raise ValueMissingError(
                f"a placeholder instead of a value: {', '.join(made.placeholders)}",
                "give the real value, or use --allow-placeholders",
            )
        if made.missing and not allow_missing:
            raise ValueMissingError(
                f"no value for {', '.join(made.missing)}",
                "name a file with --env-file, set the variables, or use --allow-missing",
            )
        dirty = [] if allow_dirty or not made.files else self._dirty()
        if dirty:
            raise UnsafePlanError(
                f"uncommitted changes: {', '.join(dirty[:3])}{f' and {len(dirty) - 3} more' if dirty[3:] else ''}",
                "commit them first, so that the rewrite can be reviewed by itself, or use --allow-dirty",
            )

    def _dirty(self) -> list[str]:
        ours = {
            record.what: record.after for record in self.journal.records if record.kind == "file"
        }
        changed = [path for path in git.changed(self.tree.root) if not path.startswith(".shield/")]
        return [
            path
            for path in changed
            if path != MANIFEST and ours.get(path) != digest(self.tree.read(path) or b"")
        ]

    def apply(
        self, made: Plan, tell: Callable[[Receipt], None], *, compare_settings: bool = True
    ) -> list[Receipt]:
        """Carry the plan out, and take the edits back where the settings are not what they were.

        Raises:
            UnsafePlanError: A setting differs.
        """
        named = (origin.locator for change in made.changes for origin in change.origins)
        files = {
            loc[len("dotenv:") :].rpartition("#")[0] for loc in named if loc.startswith("dotenv:")
        }
        values = self.values([*self._env_files, *sorted(files - set(self._env_files))])
        aws = self.aws if made.changes else None
        rewritten = any(file.before and file.path.endswith(".py") for file in made.files)
        if added := dotenv(made.dotenv, values, self.tree.read(DOTENV)):
            made = msgspec.structs.replace(made, files=(*made.files, added))
        check = (
            self._prove(values, strict=bool(made.dotenv))
            if compare_settings and rewritten
            else lambda: None
        )
        applier = Applier(
            tree=self.tree,
            journal=self.journal,
            values=values,
            aws=aws,
            tell=tell,
            check=check,
        )
        return applier.apply(made)

    def _own_values(self) -> dict[str, Hidden]:
        """Return what the .env files say that the settings may read by themselves; the nearest wins."""
        found: dict[str, Hidden] = {}
        places = [PurePosixPath(path) for path in self.manifest.app.settings]
        folders = {folder for path in places for folder in path.parents}
        for folder in sorted(folders, key=lambda folder: len(folder.parts)):
            path = str(folder / DOTENV)
            if self.tree.read(path) is not None:
                with contextlib.suppress(SourceError):  # the app may read what we can't
                    found |= {
                        name: value
                        for name, value in read_env_file(self.tree.path(path)).items()
                        if value
                    }
        return found

    def _prove(self, values: Values, *, strict: bool) -> Callable[[], None]:
        """Load the settings now, and return what loads and compares them again; strictly, none may be left out."""
        manifest, modules = self.manifest, self._modules()
        sites = [f.site for f in self.findings if f.site]
        read = {
            variable
            for site in sites
            if site.shape is not Shape.LITERAL
            for variable in site.variables
        }
        literals: dict[str, Hidden] = {}
        several = set()  # a value of its own in each of several files: a secret can't stand for all
        for f in self.findings:
            if (
                f.site
                and f.site.shape is Shape.LITERAL
                and not f.site.reason
                and f.site.variable not in read
            ):
                value = values.resolve(f"code:{f.path}#{f.site.start}-{f.site.end}")
                if literals.setdefault(f.site.variable, value) != value:
                    several.add(f.site.variable)
        literals = {
            variable: value for variable, value in literals.items() if variable not in several
        }
        moved = {
            variable for secret in manifest.secret for variable in secret.variables()
        } - literals.keys()
        known = {
            variable: value
            for variable, value in self._own_values().items()
            if variable in read | moved
        }
        known |= {
            variable: values.resolve(locator)
            for variable, locator in values.available(read | moved).items()
        }
        proving = Proving(
            self.tree.root, modules, manifest, known=known, literals=literals, environ=os.environ
        )
        proving.before()

        def check() -> None:
            differ, self.comparison_problems = proving.after()
            if differ:
                raise UnsafePlanError(
                    f"these settings would change: {', '.join(differ)}",
                    "every file is as it was; please report it, or take the secrets out of shield.toml",
                )
            if strict and self.comparison_problems:
                raise UnsafePlanError(
                    f"not proved that the app finds in {DOTENV} what was taken out: {self.comparison_problems[0]}",
                    "every file is as it was; run it where the app's dependencies are, or use --no-proof",
                )
            self.compared_modules = [module for module, _ in modules]

        return check

    def verify(self) -> list[Check]:
        """Run every check of the halves that were asked for."""
        checks: list[Check] = []
        if self.only != "aws":
            checks += verify_code(self.findings, self.journal.load(), self.tree.read)
            checks += verify_runtime(self.manifest, self.tree.read)
        if self.aws:
            if not self.environment:
                checks += verify_policy(self.manifest, self.aws.id, self.tree.read)
            seen = read_all(self.target_manifest, self.aws)
            checks += verify_secrets(self.target_manifest, seen.values, self.aws)
            desired = resources(
                self.target_manifest, self.aws.id, self.target_manifest.app.region, self.tree.read
            )
            checks += verify_resources(desired, self.aws)
            checks += verify_role(self.target_manifest, self.aws, seen)
            checks += verify_account(self.target_manifest, self.aws, seen.values)
            if not self.only:
                values = {
                    name: value for name, value in seen.values.items() if isinstance(value, Hidden)
                }
                checks += verify_settings(
                    self.tree.root, self._modules(), self.target_manifest, values, os.environ
                )
        return checks

    def _modules(self) -> list[tuple[str, str]]:
        """Return the settings modules, each with the folder that it is imported from."""
        facts = self.scan_result.facts
        return [(facts.module(path), facts.root(path)) for path in self.manifest.app.settings]

    def steps_to_undo(self) -> list[Record]:
        """Return the steps of the newest run that still stand, newest first."""
        kind = {"code": "file", "aws": "aws", None: ""}[self.only]
        steps = self.journal.open_steps(last_run(self.journal, kind), kind)
        known = {step.environment for step in steps if step.kind == "aws"}
        if self.environment and known - {self.environment}:
            raise UnsafePlanError(
                f"the last apply was not to {self.environment}",
                "leave --environment out: rollback knows where it was",
            )
        self.environment = known.pop() if known else self.environment
        return steps

    def rollback(
        self, steps: list[Record], *, force: bool, tell: Callable[[Receipt], None]
    ) -> list[Receipt]:
        """Undo these steps."""
        aws = self.aws if any(step.kind == "aws" for step in steps) else None
        undoer = Rollback(
            tree=self.tree,
            journal=self.journal,
            aws=aws,
            tell=tell,
            login_error=self._refusal,
        )
        return undoer.undo(steps, force=force)

    def _refusal(self, name: str, value: Hidden) -> str | None:
        """Say why a database does not take a former password; other values can't be tried."""
        secret = next(
            (s for s in self.manifest.secret if self.target_manifest.app.prefix + s.name == name),
            None,
        )
        if secret is None or secret.kind is not Kind.DATABASE:
            return None
        return db_login.login_error(value, environment(secret))

    def edited_files(self, steps: list[Record]) -> list[tuple[str, bytes, bytes]]:
        """Return path, what apply left and what is there now of each file that was edited since."""
        found = conflicts(steps, self.tree)
        return [
            (conflict.path, self.journal.read_backup(conflict.applied), conflict.now or b"")
            for conflict in found
        ]
