"""Many repositories, one after the other or on a Ray cluster: one that fails never stops the run.

Each repository is scanned in a process of its own with a time limit, so that whatever is in it can harm no other. Its
outcome is a file of its own in the folder of results: a run that was cut off goes on where it stopped, and a repository
whose commit has been seen is not scanned again.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.flow.app_session import AppSession
from shield_ai.model.errors import ShieldError, SourceError
from shield_ai.project import git
from shield_ai.project.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Engine = Literal["local", "ray"]
TIMEOUT = 600.0  # seconds for one repository, its clone not counted
REMOTE = re.compile(r"(https|http|ssh|git|file)://|[\w.-]+@[\w.-]+:")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result for one repository. Contains no values, and only the number of findings."""

    repository: str
    commit: str = ""  # of a clone; for a folder, a digest of its file names, sizes and times
    version: str = ""  # of this tool
    seconds: float = 0.0
    files: int = 0  # Python files
    found: dict[str, int] = {}  # severity -> number of findings
    fixable: int = 0  # findings that can be fixed
    unseen: int = 0  # files that could not be read
    moved: int = 0  # calls of get_secret
    secrets: int = 0  # secrets in shield.toml
    scheduled: int = 0  # secrets with a rotation schedule
    error: str = ""


def repositories(path: Path) -> list[str]:
    """Read a list of repositories: a folder, a bare copy or a URL a line; `#` begins a comment.

    Raises:
        SourceError: The list can't be read, or is empty.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{path} can't be read ({type(error).__name__})", "name a file with a repository a line"
        ) from None
    lines = [line.split(" #", maxsplit=1)[0].strip() for line in text.splitlines()]
    listed = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not listed:
        raise SourceError(f"{path} lists no repository", "write a folder or a URL a line")
    return listed


def fleet(
    listed: Sequence[str],
    folder: Path,
    *,
    engine: Engine = "local",
    timeout: float = TIMEOUT,
    tell: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Scan repositories.

    Args:
        listed: Folders and URLs.
        folder: Where outcomes are kept from one run to the next; made if it isn't there.
        engine: "ray" spreads the work over a cluster that reaches the same repositories.
        timeout: Seconds for each.
        tell: Called with each outcome as it comes.

    Raises:
        SourceError: The folder can't be written to.
        ShieldError: Ray is not installed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(
            f"{folder} can't be made ({error.strerror})", "name another folder with -o"
        ) from None
    kept = Tree(folder)
    known = {repository: _known(kept, repository) for repository in listed}
    outcomes: dict[str, Outcome] = {}
    for repository, outcome in (_on_ray if engine == "ray" else _here)(known, timeout):
        kept.write(_place(repository), msgspec.json.encode(outcome))
        outcomes[repository] = outcome
        tell(outcome)
    return [outcomes[repository] for repository in listed]


def _here(known: dict[str, Outcome | None], timeout: float) -> Iterator[tuple[str, Outcome]]:
    for repository, before in known.items():
        yield repository, look(repository, before, timeout)


def _on_ray(known: dict[str, Outcome | None], timeout: float) -> Iterator[tuple[str, Outcome]]:
    try:
        # an extra of its own
        import ray  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:
        raise ShieldError("ray is not installed", "pip install 'shield-ai[fleet]'") from None
    ray.init(ignore_reinit_error=True, log_to_driver=False, include_dashboard=False)
    task = ray.remote(max_retries=2)(look)
    running = {
        task.remote(repository, before, timeout): repository for repository, before in known.items()
    }
    while running:
        (done, *_), _rest = ray.wait([*running])
        repository = running.pop(done)
        try:
            yield repository, ray.get(done)
        except ray.exceptions.RayError as error:
            problem = f"its worker was lost ({type(error).__name__})"
            yield repository, Outcome(repository=public(repository), error=problem)


def look(repository: str, before: Outcome | None, timeout: float) -> Outcome:
    """Scan one repository, unless it is as it was; never raises for what is in it."""
    began, shown = time.monotonic(), public(repository)
    try:
        commit, own = (
            git.head(repository) if _remote(repository) else _stamp(repository),
            version("shield-ai"),
        )
        if before and commit and (before.commit, before.version, before.error) == (commit, own, ""):
            return before
        with tempfile.TemporaryDirectory(prefix="shield-fleet-") as scratch:
            root = Path(repository)
            if _remote(repository):
                root = Path(scratch, "clone")
                git.clone(repository, root)
            found = _in_child(root, timeout)
    except ShieldError as error:
        return Outcome(repository=shown, error=public(error.message))
    except OSError as error:
        return Outcome(repository=shown, error=f"can't be read ({type(error).__name__})")
    seconds = round(time.monotonic() - began, 2)
    return msgspec.structs.replace(
        found, repository=shown, commit=commit, version=own, seconds=seconds
    )


def public(text: str) -> str:
    """Leave users, tokens and queries out of the URLs in a text."""
    return re.sub(r"(?<=://)[^/\s]*@|[?#]\S*", "", text)


def _stamp(folder: str) -> str:
    """Digest what a folder holds by name, size and time. Not by git, which a repository's settings make run code."""
    stamp = hashlib.sha256()
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(files):
            try:
                found = Path(place, name).lstat()
            except OSError:
                continue
            stamp.update(
                f"{place}\0{name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode(
                    "utf-8", "surrogateescape"
                )
            )
    return "tree:" + stamp.hexdigest()[:32]


def _in_child(root: Path, timeout: float) -> Outcome:
    command = [sys.executable, "-m", "shield_ai.flow.fleet", str(root)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise SourceError(f"not done within {timeout:g} s") from None
    if done.returncode:
        raise SourceError(f"the scan ended with exit code {done.returncode}")
    return msgspec.json.decode(done.stdout, type=Outcome)


def inspect(root: Path) -> Outcome:
    """Scan the repository in a folder and count."""
    session = AppSession(root)
    scanned, written = session.scan_result, session.manifest_on_disk
    secrets = written.secret if written else ()
    return Outcome(
        repository=str(root),
        files=len(scanned.files),
        found=dict(Counter(str(finding.severity) for finding in scanned.findings)),
        fixable=sum(finding.fixable for finding in scanned.findings),
        unseen=len(session.unreadable),
        moved=len(scanned.calls),
        secrets=len(secrets),
        scheduled=sum(secret.rotate not in {None, "manual"} for secret in secrets),
    )


def _remote(repository: str) -> bool:
    """Tell whether it must be cloned: a URL, or a bare copy."""
    if REMOTE.match(repository):
        return True
    return all(Path(repository, name).exists() for name in ("HEAD", "objects", "refs"))


def _place(repository: str) -> str:
    """Name the file of an outcome: readable, with a digest that makes it the only one."""
    tail = re.sub(r"[^\w.-]+", "-", public(repository).rstrip("/").rpartition("/")[2])[:60].lstrip(
        "."
    )
    return f"{tail}-{hashlib.sha256(repository.encode()).hexdigest()[:12]}.json"


def _known(kept: Tree, repository: str) -> Outcome | None:
    try:
        return msgspec.json.decode(kept.read(_place(repository)) or b"", type=Outcome)
    except msgspec.DecodeError:
        return None


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(msgspec.json.encode(inspect(Path(sys.argv[1]))))
    except ShieldError as problem:
        sys.stdout.buffer.write(
            msgspec.json.encode(Outcome(repository=sys.argv[1], error=problem.message))
        )
