"""The journal: an append-only log of the steps of apply and rollback, without secret values."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import os
import secrets
import uuid
from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.model.errors import SourceError, UnsafePlanError
from shield_ai.model.resource import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from shield_ai.model.hidden import Hidden

FOLDER = ".shield"
SECRET = "secret"

_IGNORED = """\
# Written by shield. Holds backups of edited files and the journal. Commit only your own patterns.
*
!/patterns/
!/patterns/*.yaml
"""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the journal: an event of a run or of one of its steps."""

    seq: int
    run: str
    event: Literal["start", "begin", "done", "undone", "end"]
    kind: str = ""  # "file" or "aws"
    what: str = ""  # the path, or the name in AWS
    of: int = 0  # done and undone: the seq of the step's begin record
    before: str | None = None  # file: sha256 of the bytes before; None: it did not exist
    after: str = ""  # file: sha256 of the bytes after
    mode: int = 0  # file: its mode before; 0: it did not exist
    narrowed: bool = False  # file: the step removed the permissions of group and others
    backup: bool = False  # file: the step created the .shield_ai_backup beside it
    folders: tuple[str, ...] = ()  # file: the folders that the step created
    files: tuple[str, ...] = ()  # start: every path that the run may stage
    action: str = ""  # aws: an Action
    resource: str = ""  # aws: the kind of resource; empty: a secret
    settings: Settings | None = None  # aws: the settings after; None: removed
    was: Settings | None = None  # aws: the settings before; None: it did not exist
    previous: str = ""  # aws: the id of a secret's current version before
    token: str = ""  # aws: the ClientRequestToken, which is the id of the new version
    arn: str = ""
    account: str = ""
    region: str = ""
    environment: str = ""  # aws: the environment of shield.toml; empty: none was selected

    @property
    def resource_key(self) -> tuple[str, str]:
        """The kind and name of what an AWS step changes."""
        return self.resource or SECRET, self.what


class Journal:
    """The journal of one app, in APP/.shield/journal.jsonl. Write only inside `locked`.

    Args:
        root: The app's folder.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / FOLDER
        self.path = self.folder / "journal.jsonl"
        self.records: list[Record] = []

    @contextlib.contextmanager
    def locked(self) -> Iterator[Journal]:
        """Open the journal for writing, with an exclusive lock.

        Raises:
            UnsafePlanError: Another command holds the lock.
            SourceError: The folder can't be written.
        """
        self._create_folders()
        with (self.folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UnsafePlanError(
                    "another shield command is running in this app", "wait until it has finished"
                ) from None
            self._drop_partial_line()
            self.load()
            yield self

    def load(self) -> Journal:
        """Read all records. Ignore a last line without a newline: its write never completed.

        Raises:
            SourceError: A line is damaged.
        """
        self.records = []
        if not self.path.exists():
            return self
        lines = self.path.read_bytes().split(b"\n")[:-1]
        for number, line in enumerate(lines, 1):
            try:
                record = msgspec.json.decode(line, type=Record)
            except msgspec.DecodeError:
                raise SourceError(
                    f"{self.path}:{number} is damaged",
                    "restore the journal from a copy; the old files are in .shield/backups",
                ) from None
            self.records.append(record)
        return self

    def write(self, record: Record) -> Record:
        """Append one record, sync it to disk, and return it with its sequence number.

        Raises:
            SourceError: The disk is full; the existing records stay intact.
        """
        record = msgspec.structs.replace(record, seq=len(self.records) + 1)
        size = self.path.stat().st_size
        try:
            with self.path.open("ab") as file:
                file.write(msgspec.json.encode(record) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            os.truncate(self.path, size)
            raise _write_error(self.path, error) from None
        self.records.append(record)
        return record

    def mark_done(self, begin: Record, arn: str = "") -> None:
        """Record that a step has completed.

        Raises:
            SourceError: The disk is full.
        """
        self.write(Record(seq=0, run=begin.run, event="done", of=begin.seq, arn=arn))

    def mark_undone(self, begin: Record) -> None:
        """Record that a step was undone.

        Raises:
            SourceError: The disk is full.
        """
        self.write(Record(seq=0, run=begin.run, event="undone", of=begin.seq))

    def store_backup(self, content: bytes) -> str:
        """Store the bytes of a file under their sha256, with mode 0600, and return the sha256.

        Raises:
            SourceError: The disk is full.
        """
        digest = hashlib.sha256(content).hexdigest()
        path = self.folder / "backups" / digest
        if not path.exists():
            temporary = path.with_suffix(".tmp")
            temporary.unlink(missing_ok=True)
            try:
                _write_private(temporary, content)
            except OSError as error:
                temporary.unlink(missing_ok=True)
                raise _write_error(path, error) from None
            temporary.replace(path)
        return digest

    def read_backup(self, digest: str) -> bytes:
        """Read the stored bytes with a sha256.

        Raises:
            SourceError: They are missing or damaged.
        """
        path = self.folder / "backups" / digest
        content = path.read_bytes() if path.exists() else b""
        if hashlib.sha256(content).hexdigest() != digest:
            raise SourceError(
                f"{path} is missing or damaged", "look for the .shield_ai_backup beside the file"
            )
        return content

    def save_edited_copy(self, path: str, content: bytes) -> str:
        """Save the user's version of a file in .shield/edited, with mode 0600.

        Args:
            path: The path of the file, relative to the app's folder.
            content: The bytes of the file.

        Returns:
            The path of the copy, relative to the app's folder.

        Raises:
            SourceError: The disk is full.
        """
        wanted = self.folder / "edited" / path
        copy = wanted
        number = 1
        try:
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            while copy.exists():
                number += 1
                copy = wanted.with_name(f"{wanted.name}.{number}")
            _write_private(copy, content)
        except OSError as error:
            raise _write_error(copy, error) from None
        return copy.relative_to(self.folder.parent).as_posix()

    def request_token(self, name: str, value: Hidden) -> str:
        """Derive the ClientRequestToken from a keyed hash of the value: a retry is idempotent.

        Args:
            name: The secret's name in AWS.
            value: The value to store.
        """
        path = self.folder / "key"
        if not path.exists():
            _write_private(path, secrets.token_hex(32).encode())
        digest = hmac.digest(path.read_bytes(), f"{name}\0{value.reveal()}".encode(), "sha256")
        return str(uuid.UUID(bytes=digest[:16], version=4))

    def begin_run(self, files: tuple[str, ...]) -> str:
        """Start a run, or continue the interrupted one, and return its id.

        Args:
            files: Every path that the run may stage.
        """
        run = self.interrupted_run() or secrets.token_hex(4)
        self.write(Record(seq=0, run=run, event="start", files=files))
        return run

    def end_run(self, run: str) -> None:
        """Record that every step of a run has completed."""
        self.write(Record(seq=0, run=run, event="end"))

    def interrupted_run(self) -> str:
        """Return the id of the run that was interrupted; empty if the last run ended."""
        for record in reversed(self.records):
            if record.event == "end":
                return ""
            if record.event != "undone":
                return record.run if self.open_steps(record.run) else ""
        return ""

    def run_ids(self) -> list[str]:
        """Return the ids of all runs, oldest first."""
        return list(dict.fromkeys(record.run for record in self.records))

    def open_steps(self, run: str, kind: str = "") -> list[Record]:
        """Return the begin records of the steps that were not undone, newest first.

        Args:
            run: The id of the run.
            kind: "file" or "aws" to return only these steps.
        """
        undone = self._steps_with("undone")
        steps = []
        for record in reversed(self.records):
            is_step = record.run == run and record.event == "begin"
            if is_step and record.seq not in undone and kind in {"", record.kind}:
                steps.append(record)
        return steps

    def is_done(self, begin: Record) -> bool:
        """Return whether a step is known to have completed."""
        return begin.seq in self._steps_with("done")

    def _steps_with(self, event: str) -> set[int]:
        return {record.of for record in self.records if record.event == event}

    def applied_settings(
        self, account: str, region: str, environment: str = ""
    ) -> dict[tuple[str, str], Settings]:
        """Return the settings that apply last gave to each secret and resource, oldest first.

        Leaves out what was undone, removed or interrupted.

        Args:
            account: The AWS account.
            region: The AWS region.
            environment: The environment of shield.toml; empty: none.

        Returns:
            The settings by kind and name.
        """
        undone = self._steps_with("undone")
        done = self._steps_with("done")
        applied: dict[tuple[str, str], Settings] = {}
        for record in self.records:
            if record.event != "begin" or record.kind != "aws" or record.seq in undone:
                continue
            if (record.account, record.region, record.environment) != (
                account,
                region,
                environment,
            ):
                continue
            applied.pop(record.resource_key, None)
            if record.settings is not None and record.seq in done:
                applied[record.resource_key] = record.settings
        return applied

    def compare_value(self, name: str, value: Hidden, current: str) -> str:
        """Compare a value with the current version in AWS, without reading that version.

        The id of a version that shield stored is the request token, a keyed hash of its value.

        Args:
            name: The secret's name in AWS.
            value: The value to compare.
            current: The id of the current version.

        Returns:
            "unchanged", "differs", or "unknown" if shield did not store the current version.
        """
        if (self.folder / "key").exists() and self.request_token(name, value) == current:
            return "unchanged"
        for record in self.records:
            if record.token == current and record.what == name:
                return "differs"
        return "unknown"

    def _create_folders(self) -> None:
        try:
            for folder in (self.folder, self.folder / "backups"):
                folder.mkdir(mode=0o700, exist_ok=True)
                folder.chmod(0o700)
            ignore = self.folder / ".gitignore"
            if not ignore.exists():
                ignore.write_text(_IGNORED)
        except OSError as error:
            raise SourceError(
                f"{self.folder} can't be written: {error.strerror}", "nothing was changed"
            ) from None

    def _drop_partial_line(self) -> None:
        """Truncate a last line that a killed process wrote only in part."""
        if not self.path.exists():
            self.path.touch(mode=0o600)
            return
        content = self.path.read_bytes()
        if content and not content.endswith(b"\n"):
            with self.path.open("r+b") as file:
                file.truncate(content.rfind(b"\n") + 1)


def require_same_account(steps: Iterable[Record], account: str, region: str) -> None:
    """Refuse to handle AWS steps that ran in another account or region.

    Args:
        steps: Begin records.
        account: The AWS account in use.
        region: The AWS region in use.

    Raises:
        UnsafePlanError: A step ran elsewhere.
    """
    for step in steps:
        if step.kind != "aws" or (step.account, step.region) == (account, region):
            continue
        remedies = []
        if step.account != account:
            remedies.append(f"sign in to {step.account}")
        if step.region != region:
            remedies.append(f"set the region in shield.toml to {step.region}")
        raise UnsafePlanError(
            f"the last apply was to account {step.account} in {step.region}, "
            f"but the current one is {account} in {region}",
            f"{' and '.join(remedies)}, then run the same command; nothing was changed",
        )


def _write_error(path: Path, error: OSError) -> SourceError:
    return SourceError(
        f"{path} can't be written: {error.strerror}",
        "free some disk space, then run the same command again",
    )


def _write_private(path: Path, content: bytes) -> None:
    """Create a file with mode 0600 and sync it to disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
