"""The record of what was done, in APP/.shield/journal.jsonl: append-only, on disk before the deed, without a value."""

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
# Written by shield: old bytes of files, and the record of what was done. Patterns of your own are yours to commit.
*
!/patterns/
!/patterns/*.yaml
"""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line: a run's start and end, and each step's begin, done and undone."""

    seq: int
    run: str
    event: Literal["start", "begin", "done", "undone", "end"]
    kind: str = ""  # "file" or "aws"
    what: str = ""  # the path, or the secret's name in AWS
    of: int = 0  # the seq of the begin that a done or undone belongs to
    before: str | None = None  # file: sha256 of the bytes before; None: it did not exist
    after: str = ""  # file: sha256 of the bytes after
    mode: int = 0  # file: its mode before; 0: it did not exist
    narrowed: bool = False  # file: we closed it to others
    backup: bool = False  # file: we made the .shield_ai_backup beside it
    folders: tuple[str, ...] = ()  # file: folders that we made for it
    files: tuple[str, ...] = ()  # start: every path that the run may stage
    action: str = ""  # aws: what was done
    resource: str = ""  # aws: the kind, for what is no secret
    settings: Settings | None = None  # aws: how we put it; None: removed
    was: Settings | None = None  # aws: how it was before; None: not there
    previous: str = ""  # aws: the version of a secret that was current before
    token: str = ""  # aws: the ClientRequestToken, which is the version's id
    arn: str = ""
    account: str = ""
    region: str = ""
    environment: str = ""  # aws: of shield.toml; empty where none was named


class Journal:
    """What was done to one app. Use it inside `locked`, so that two commands never write at once."""

    def __init__(self, root: Path) -> None:
        self.folder = root / FOLDER
        self.path = self.folder / "journal.jsonl"
        self.records: list[Record] = []

    @contextlib.contextmanager
    def locked(self) -> Iterator[Journal]:
        """Open the journal for writing, alone.

        Raises:
            UnsafePlanError: Another command is at work on this app.
            SourceError: The folder can't be written.
        """
        self._prepare()
        with (self.folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UnsafePlanError(
                    "another shield command is at work on this app", "wait until it is done"
                ) from None
            self._mend()
            self.load()
            yield self

    def load(self) -> Journal:
        """Read what is there; a last line without its end was never acknowledged and doesn't count.

        Raises:
            SourceError: A line is damaged.
        """
        self.records = []
        if not self.path.exists():
            return self
        lines = self.path.read_bytes().split(b"\n")[:-1]
        for number, line in enumerate(lines, 1):
            try:
                self.records.append(msgspec.json.decode(line, type=Record))
            except msgspec.DecodeError:
                raise SourceError(
                    f"{self.path}:{number} is damaged",
                    "restore it from a copy; the old files are in .shield/backups",
                ) from None
        return self

    def write(self, record: Record) -> Record:
        """Append one record, on disk for sure when this returns.

        Raises:
            SourceError: The disk is full; what is there already stays whole.
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
            raise _full(self.path, error) from None
        self.records.append(record)
        return record

    def keep(self, content: bytes) -> str:
        """Keep the old bytes of a file under their digest, 0600, and return the digest.

        Raises:
            SourceError: The disk is full.
        """
        digest = hashlib.sha256(content).hexdigest()
        place = self.folder / "backups" / digest
        if not place.exists():
            temporary = place.with_suffix(".tmp")
            temporary.unlink(missing_ok=True)
            try:
                _write_private(temporary, content)
            except OSError as error:
                temporary.unlink(missing_ok=True)
                raise _full(place, error) from None
            temporary.replace(place)
        return digest

    def kept(self, digest: str) -> bytes:
        """Give back the bytes with a digest.

        Raises:
            SourceError: They are gone or damaged.
        """
        place = self.folder / "backups" / digest
        content = place.read_bytes() if place.exists() else b""
        if hashlib.sha256(content).hexdigest() != digest:
            raise SourceError(
                f"{place} is missing or damaged", "look for the .shield_ai_backup beside the file"
            )
        return content

    def put_aside(self, path: str, content: bytes) -> str:
        """Keep somebody's version of a file, 0600 and ignored by git, and return where, seen from the app's folder.

        Args:
            path: Of the file, relative with slashes.
            content: All of its bytes.

        Raises:
            SourceError: The disk is full.
        """
        wanted = self.folder / "edited" / path
        place, number = wanted, 1
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            while place.exists():
                number += 1
                place = wanted.with_name(f"{wanted.name}.{number}")
            _write_private(place, content)
        except OSError as error:
            raise _full(place, error) from None
        return place.relative_to(self.folder.parent).as_posix()

    def token(self, name: str, value: Hidden) -> str:
        """Derive the ClientRequestToken from the content, keyed: the same content is the same request.

        Args:
            name: The secret's name in AWS.
            value: What will be stored.
        """
        place = self.folder / "key"
        if not place.exists():
            _write_private(place, secrets.token_hex(32).encode())
        digest = hmac.digest(place.read_bytes(), f"{name}\0{value.reveal()}".encode(), "sha256")
        return str(uuid.UUID(bytes=digest[:16], version=4))

    def begin_run(self, files: tuple[str, ...]) -> str:
        """Start a run, or go on with the one that was cut off, and return its id."""
        run = self.unfinished() or secrets.token_hex(4)
        self.write(Record(seq=0, run=run, event="start", files=files))
        return run

    def unfinished(self) -> str:
        """Return the id of a run that never came to its end, empty if there is none."""
        last = next(
            (r for r in reversed(self.records) if r.event in {"start", "begin", "done", "end"}),
            None,
        )
        return last.run if last and last.event != "end" and self.open_steps(last.run) else ""

    def runs(self) -> list[str]:
        """Return the ids of all runs, oldest first."""
        return list(dict.fromkeys(r.run for r in self.records))

    def open_steps(self, run: str, kind: str = "") -> list[Record]:
        """Return the begins of a run that were not undone, newest first: what a rollback has to look at."""
        undone = {r.of for r in self.records if r.event == "undone"}
        return [
            r
            for r in reversed(self.records)
            if r.run == run and r.event == "begin" and r.seq not in undone and kind in {"", r.kind}
        ]

    def done(self, begin: Record) -> bool:
        """Tell whether a begun step is known to have ended."""
        return any(r.event == "done" and r.of == begin.seq for r in self.records)

    def put(
        self, account: str, region: str, environment: str = ""
    ) -> dict[tuple[str, str], Settings]:
        """Return how applies left each thing of an account, by kind and name, oldest first; what is cut off, not."""
        place = (account, region, environment)
        undone = {r.of for r in self.records if r.event == "undone"}
        done = {r.of for r in self.records if r.event == "done"}
        found: dict[tuple[str, str], Settings] = {}
        for r in self.records:
            ours = (
                r.event == "begin"
                and r.kind == "aws"
                and (r.account, r.region, r.environment) == place
            )
            if ours and r.seq not in undone:
                found.pop((r.resource or SECRET, r.what), None)
                if r.settings is not None and r.seq in done:
                    found[r.resource or SECRET, r.what] = r.settings
        return found

    def compare(self, name: str, value: Hidden, current: str) -> str:
        """Tell whether a value is that of the version that is current in AWS, without reading it.

        The version's id is the token, a keyed fingerprint of the value, where we have stored it.

        Args:
            name: The secret's name in AWS.
            value: What would be stored.
            current: The id of the current version.

        Returns:
            "unchanged", "differs", or "unknown" where somebody else has stored the current value.
        """
        if (self.folder / "key").exists() and self.token(name, value) == current:
            return "unchanged"
        return (
            "differs"
            if any(r.token == current and r.what == name for r in self.records)
            else "unknown"
        )

    def _prepare(self) -> None:
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

    def _mend(self) -> None:
        """Cut off a last line that a killed process left half-written."""
        if not self.path.exists():
            self.path.touch(mode=0o600)
            return
        content = self.path.read_bytes()
        if content and not content.endswith(b"\n"):
            with self.path.open("r+b") as file:
                file.truncate(content.rfind(b"\n") + 1)


def refuse_elsewhere(steps: Iterable[Record], account: str, region: str) -> None:
    """Refuse to judge steps by an account or a region in which they were not done: there, nothing of them is found.

    Raises:
        UnsafePlanError: A step was done elsewhere.
    """
    for step in steps:
        if step.kind == "aws" and (step.account, step.region) != (account, region):
            back = [f"sign in to {step.account}"] if step.account != account else []
            back += (
                [f"set the region in shield.toml to {step.region}"] if step.region != region else []
            )
            raise UnsafePlanError(
                f"the apply was to account {step.account} in {step.region}, this is {account} in {region}",
                f"{' and '.join(back)}, then run the same command; nothing was changed",
            )


def _full(place: Path, error: OSError) -> SourceError:
    return SourceError(
        f"{place} can't be written: {error.strerror}", "make room, then run the same command again"
    )


def _write_private(place: Path, content: bytes) -> None:
    """Write a new file that only its owner may read, on disk for sure."""
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
