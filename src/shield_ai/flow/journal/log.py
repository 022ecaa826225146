"""The journal: an append-only log of the steps of apply and rollback, without secret values.

Only a journal that this user wrote in this folder is used, see `journal_chain`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import time
from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.interruption import delayed_signals
from shield_ai.flow.journal.backups import Backups
from shield_ai.flow.journal.journal_chain import JournalChain, create_chain, open_chain
from shield_ai.flow.journal.journal_record import (
    ResourceStep,
    RunEnd,
    RunStart,
    SecretStep,
    StepDone,
    StepKept,
    StepUndone,
    decode_record,
)
from shield_ai.flow.journal.private_folder import FOLDER, PrivateFolder, unwritable_file_error
from shield_ai.flow.journal.run_history import RunHistory
from shield_ai.model.errors import SourceError, UnsafePlanError
from shield_ai.model.invalid_input import INVALID_JSON
from shield_ai.model.plan import ValueState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shield_ai.flow.journal.journal_record import Record, RecordT, Step
    from shield_ai.model.hidden import Hidden

NAME = "journal.jsonl"
LOCK = "lock"


class Journal(RunHistory):
    """The journal of one app, in APP/.shield/journal.jsonl. Write only inside `locked`.

    Args:
        root: The app's folder.
        adopt: Read the file steps of a journal that this user did not write on this machine.
            Its AWS steps are ignored, and nothing is appended to it.
    """

    def __init__(self, root: Path, *, adopt: bool = False) -> None:
        super().__init__()
        self._private = PrivateFolder(root)
        self.folder = self._private.path
        self.path = self.folder / NAME
        self.backups = Backups(self._private)
        # Whether the journal failed the authentication and was adopted.
        self.is_adopted = False
        # The number of AWS steps of an adopted journal, which are never undone.
        self.ignored_aws_steps = 0
        self._adopt = adopt
        self._chain: JournalChain | None = None

    @contextlib.contextmanager
    def locked(self) -> Iterator[Journal]:
        """Open the journal for writing, with an exclusive lock.

        Raises:
            UnsafePlanError: Another command holds the lock, git tracks the folder, or the journal
                was not written by this user on this machine.
            SourceError: The folder can't be written.
        """
        self._private.require_own()
        self._private.create()
        # The package filelock opens a path, and would follow a link in place of the folder.
        with os.fdopen(self._open(LOCK, os.O_RDWR | os.O_CREAT), "rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UnsafePlanError(
                    "another shield command is running in this app", "wait until it has finished"
                ) from None
            self._drop_partial_line()
            self.load()
            if self._chain is None and not self.is_adopted:
                self._chain, header = create_chain(self._private.root)
                self._append(header)
            yield self

    def load(self) -> Journal:
        """Read all records. Ignore a last line without a newline: its write never completed.

        Raises:
            SourceError: A line is damaged.
            UnsafePlanError: The journal was not written by this user on this machine.
        """
        self.records = []
        self._chain = None
        self.is_adopted = False
        self._private.require_no_links()
        lines = (self._read(NAME) or b"").split(b"\n")[:-1]
        if not lines:
            self._private.require_untracked()
            return self
        records = [self._decode(line, number) for number, line in enumerate(lines, 1)]
        self._chain = self._verified_chain(lines)
        self.records = [record for record in records if record]
        if self._chain:
            return self  # also if git tracks the folder: only `locked` refuses that
        self._private.require_untracked()
        if not self._adopt:
            self.records = []
            raise UnsafePlanError(
                f"{self.path} was edited, or not written in this folder by this user on this "
                "machine",
                f"if the folder was renamed or copied, run mv {FOLDER} {FOLDER}-old in it to start "
                "a new journal: shield rollback then undoes only later applies; to restore only "
                "the files of the last apply, run shield rollback --adopt before that",
            )
        self.is_adopted = True
        adopted: list[Record] = [
            record for record in self.records if not isinstance(record, SecretStep | ResourceStep)
        ]
        self.ignored_aws_steps = len(self.records) - len(adopted)
        self.records = adopted
        return self

    def _verified_chain(self, lines: list[bytes]) -> JournalChain | None:
        """Return the chain after the last line; None if a line has an invalid MAC."""
        chain = open_chain(self._private.root, lines[0])
        if chain and all(chain.advance(line) for line in lines[1:]):
            return chain
        return None

    def _decode(self, line: bytes, number: int) -> Record | None:
        """Decode a line; None for the header."""
        if number == 1 and line.startswith(b'{"journal":'):
            return None
        try:
            return decode_record(line)
        except INVALID_JSON:
            raise SourceError(
                f"{self.path}:{number} is damaged",
                "restore the journal from a copy; the old files are in .shield/backups",
            ) from None

    def retire(self) -> str:
        """Rename an adopted journal, so that it is not used again, and return its new path."""
        name = f"journal-unverified-{secrets.token_hex(4)}.jsonl"
        with self._private.open() as folder:
            os.rename(NAME, name, src_dir_fd=folder, dst_dir_fd=folder)
        return f"{FOLDER}/{name}"

    def write(self, record: RecordT) -> RecordT:
        """Append one record, sync it to disk, and return it with its sequence number.

        Signals are deferred: the next record continues the MAC and the number of this record.

        Raises:
            SourceError: The record can't be written; the existing records stay intact.
        """
        with delayed_signals():
            record = msgspec.structs.replace(record, seq=len(self.records) + 1)
            if not self.is_adopted:
                self._append(self._keyed_chain.seal(msgspec.json.encode(record)))
            self.records.append(record)
        return record

    @property
    def _keyed_chain(self) -> JournalChain:
        if self._chain is None:
            raise RuntimeError("the journal is not open")
        return self._chain

    def _append(self, line: bytes) -> None:
        descriptor = self._open(NAME, os.O_WRONLY | os.O_APPEND)
        try:
            size = os.fstat(descriptor).st_size
            try:
                rest = memoryview(line + b"\n")
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
                os.fsync(descriptor)
            except OSError as error:
                os.ftruncate(descriptor, size)
                raise unwritable_file_error(self.path, error) from None
        finally:
            os.close(descriptor)
        self._keyed_chain.advance(line)

    def mark_done(self, step: Step, arn: str = "") -> None:
        """Record that a step has completed.

        Raises:
            SourceError: The record can't be written.
        """
        self.write(StepDone(run=step.run, of=step.seq, arn=arn))

    def mark_undone(self, step: Step) -> None:
        """Record that a step was undone.

        Raises:
            SourceError: The record can't be written.
        """
        self.write(StepUndone(run=step.run, of=step.seq))

    def mark_kept(self, step: Step, reason: str, *, restored: bool) -> None:
        """Record that a rollback kept a step.

        Args:
            step: The step.
            reason: Why, and what to do. Contains no value.
            restored: Whether the settings of the secret were restored.

        Raises:
            SourceError: The record can't be written.
        """
        self.write(StepKept(run=step.run, of=step.seq, reason=reason, restored=restored))

    def request_token(self, name: str, value: Hidden) -> str:
        """Derive the ClientRequestToken from a keyed hash of the value, for idempotent retries.

        Args:
            name: The secret's name in AWS.
            value: The value to store.
        """
        return self._keyed_chain.request_token(name, value)

    def begin_run(self, files: tuple[str, ...], environment: str | None = None) -> str:
        """Start a run, or continue the interrupted one, and return its id.

        Args:
            files: Every path that the run may stage.
            environment: The environment of the run; empty: none.
        """
        run = self.interrupted_run() or secrets.token_hex(4)
        started = int(time.time())
        self.write(RunStart(run=run, files=files, time=started, environment=environment))
        return run

    def end_run(self, run: str) -> None:
        """Record that every step of a run has completed."""
        self.write(RunEnd(run=run))

    def compare_value(self, name: str, value: Hidden, current: str) -> ValueState:
        """Compare a value with the current version in AWS, without reading that version.

        The id of a version that shield stored is the request token, a keyed hash of its value. The
        result is UNKNOWN for a version that something else stored.

        Args:
            name: The secret's name in AWS.
            value: The value to compare.
            current: The id of the current version.
        """
        if self._chain and self._chain.request_token(name, value) == current:
            return ValueState.UNCHANGED
        for record in self.records:
            if isinstance(record, SecretStep) and (record.token, record.what) == (current, name):
                return ValueState.DIFFERS
        return ValueState.UNKNOWN

    def _drop_partial_line(self) -> None:
        """Truncate a last line that a killed process wrote only in part."""
        descriptor = self._open(NAME, os.O_RDWR | os.O_CREAT)
        with os.fdopen(descriptor, "r+b") as file:
            content = file.read()
            if content and not content.endswith(b"\n"):
                file.truncate(content.rfind(b"\n") + 1)

    def _open(self, name: str, flags: int) -> int:
        try:
            return self._private.open_file(name, flags)
        except OSError as error:
            if error.errno in (errno.EFBIG, errno.EINVAL):  # not a file that shield wrote
                raise self._read_error(name, error) from None
            raise unwritable_file_error(self.folder / name, error) from None

    def _read(self, name: str) -> bytes | None:
        try:
            return self._private.read(name)
        except NotADirectoryError:
            return None
        except OSError as error:
            raise self._read_error(name, error) from None

    def _read_error(self, name: str, error: OSError) -> SourceError:
        return SourceError(
            f"{self.folder / name} can't be read: {error.strerror}",
            f"move {FOLDER} away to start a new journal",
        )
