"""Scan many repositories, one after the other or on a Ray cluster.

Each repository is scanned in a separate process with a timeout, so that a failure does not affect
the others. The outcome of each is saved in a file: an interrupted run continues where it stopped,
and a repository is not scanned again until it changes.
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

from shield_ai.flow.app_context import AppContext
from shield_ai.model.errors import ShieldError, SourceError
from shield_ai.model.installation import install_command
from shield_ai.model.invalid_input import INVALID_JSON
from shield_ai.model.output_options import OUTPUT
from shield_ai.project import git
from shield_ai.project.repository_list import parse_repository
from shield_ai.project.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shield_ai.project.repository_list import Repository

Engine = Literal["local", "ray"]
TIMEOUT = 600.0  # seconds for the scan of one repository, without its clone
_IMPORT_ROOT = Path(__file__).resolve().parents[2]  # the folder from which shield_ai is imported
# Runs in isolated mode: Python imports nothing from the current folder or from PYTHONPATH.
_CHILD = """
import sys
*sys.path, folder = sys.argv[1:]
from shield_ai.flow.fleet import main
main(folder)
"""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result for one repository: counts and an error message, but no secret values."""

    repository: str
    commit: str = ""  # for a folder: a digest of its file names, sizes and times
    version: str = ""  # the version of shield
    seconds: float = 0.0
    files: int = 0  # Python files
    found: dict[str, int] = {}  # severity -> number of findings
    fixable: int = 0  # findings that can be fixed
    unseen: int = 0  # unreadable files
    moved: int = 0  # get_secret() calls
    secrets: int = 0  # secrets in shield.toml
    scheduled: int = 0  # secrets with a rotation schedule
    error: str = ""


def read_repository_list(path: Path) -> list[Repository]:
    """Read a list of repositories: one folder, bare repository or URL per line.

    Args:
        path: The list; `#` begins a comment.

    Raises:
        SourceError: The list can't be read, is empty or has an invalid URL. The message does not
            quote the URL, because it can contain a credential.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{path} can't be read ({type(error).__name__})",
            "pass a file with one repository per line",
        ) from None
    repositories = []
    for number, line in enumerate(text.splitlines(), 1):
        repository = line.split(" #", maxsplit=1)[0].strip()
        if not repository or repository.startswith("#"):
            continue
        try:
            repositories.append(parse_repository(repository))
        except SourceError as error:
            raise SourceError(f"{path}:{number}: {error.message}", error.hint) from None
    if not repositories:
        raise SourceError(f"{path} lists no repositories", "write one folder or URL per line")
    return list(dict.fromkeys(repositories))


def scan_repositories(
    repositories: Sequence[Repository],
    folder: Path,
    *,
    engine: Engine = "local",
    timeout: float = TIMEOUT,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Scan repositories, and save the outcomes.

    Args:
        repositories: Folders and repositories to clone.
        folder: Where the outcomes are saved; created if it does not exist.
        engine: "ray" to distribute the scans over a cluster that can access the repositories.
        timeout: Seconds for the scan of each repository.
        on_outcome: Called with each outcome.

    Raises:
        SourceError: The folder can't be written.
        ShieldError: Ray is not installed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(
            f"{folder} can't be created ({error.strerror})", "choose another folder with -o"
        ) from None
    tree = Tree(folder)
    saved = {repository: _load_outcome(tree, repository) for repository in repositories}
    scan = _scan_on_ray if engine == "ray" else _scan_locally
    outcomes: dict[Repository, Outcome] = {}
    for repository, outcome in scan(saved, timeout):
        tree.write(_outcome_file(repository), msgspec.json.encode(outcome))
        outcomes[repository] = outcome
        on_outcome(outcome)
    return [outcomes[repository] for repository in repositories]


def _scan_locally(
    saved: dict[Repository, Outcome | None], timeout: float
) -> Iterator[tuple[Repository, Outcome]]:
    for repository, previous in saved.items():
        yield repository, scan_repository(repository, previous, timeout)


def _scan_on_ray(
    saved: dict[Repository, Outcome | None], timeout: float
) -> Iterator[tuple[Repository, Outcome]]:
    try:
        import ray  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:
        raise ShieldError("ray is not installed", install_command("fleet")) from None
    ray.init(ignore_reinit_error=True, log_to_driver=False, include_dashboard=False)
    task = ray.remote(max_retries=2)(scan_repository)
    running = {}
    for repository, previous in saved.items():
        running[task.remote(repository, previous, timeout)] = repository
    while running:
        (done, *_), _rest = ray.wait([*running])
        repository = running.pop(done)
        try:
            yield repository, ray.get(done)
        except ray.exceptions.RayError as error:
            problem = f"the Ray task failed ({type(error).__name__})"
            yield repository, Outcome(repository=repository.name, error=problem)


def scan_repository(repository: Repository, previous: Outcome | None, timeout: float) -> Outcome:
    """Scan one repository, unless it is unchanged. Return errors as an outcome.

    Args:
        repository: A folder or a repository to clone.
        previous: The saved outcome; None if there is none.
        timeout: Seconds for the scan.
    """
    start = time.monotonic()
    name = repository.name
    own_version = version("shield-ai")
    try:
        commit = _current_commit(repository)
        if previous and commit and not previous.error:
            if (previous.commit, previous.version) == (commit, own_version):
                return previous
        outcome = _clone_and_scan(repository, timeout)
    except ShieldError as error:
        return Outcome(repository=name, error=error.message)
    except (OSError, ValueError) as error:  # the latter for a name with NUL
        return Outcome(repository=name, error=f"can't be read ({type(error).__name__})")
    seconds = round(time.monotonic() - start, 2)
    return msgspec.structs.replace(
        outcome, repository=name, commit=commit, version=own_version, seconds=seconds
    )


def _current_commit(repository: Repository) -> str:
    return git.head_commit(repository) if repository.url else _folder_digest(repository.name)


def _folder_digest(folder: str) -> str:
    """Hash the names, sizes and times of a folder's files.

    git is not used, because it would run programs that the repository's configuration names.
    """
    digest = hashlib.sha256()
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(files):
            try:
                status = Path(path, name).lstat()
            except OSError:
                continue
            line = f"{path}\0{name}\0{status.st_size}\0{status.st_mtime_ns}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
    return "tree:" + digest.hexdigest()[:32]


def _clone_and_scan(repository: Repository, timeout: float) -> Outcome:
    if not repository.url:
        return _scan_in_process(Path(repository.name), timeout)
    with tempfile.TemporaryDirectory(prefix="shield-fleet-") as scratch:
        clone = Path(scratch, "clone")
        git.clone(repository, clone)
        return _scan_in_process(clone, timeout)


def _scan_in_process(root: Path, timeout: float) -> Outcome:
    OUTPUT.log(f"run a scan of {root}")
    command = [sys.executable, "-I", "-c", _CHILD, *_import_paths(), str(root.absolute())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout, check=False, cwd="/")
    except subprocess.TimeoutExpired:
        raise SourceError(f"timed out after {timeout:g} s") from None
    if done.returncode:
        raise SourceError(f"the scan failed with exit code {done.returncode}")
    try:
        return msgspec.json.decode(done.stdout, type=Outcome)
    except INVALID_JSON:
        raise SourceError("the scan printed an invalid result") from None


def _import_paths() -> list[str]:
    """Return the folders from which this process imports, without the current folder.

    The current folder can be a scanned repository with a module such as json.py.
    """
    untrusted = {Path.cwd().resolve()} - {_IMPORT_ROOT}
    paths = [path for path in sys.path if Path(path).is_absolute()]
    return [path for path in paths if Path(path).resolve() not in untrusted]


def summarize_scan(root: Path) -> Outcome:
    """Scan a folder and count what was found.

    Args:
        root: The folder.

    Raises:
        ShieldError: The folder or its shield.toml can't be used.
    """
    app = AppContext(root)
    scan = app.scan_result
    secrets = app.manifest_on_disk.secret if app.manifest_on_disk else ()
    return Outcome(
        repository=str(root),
        files=len(scan.files),
        found=dict(Counter(str(finding.severity) for finding in scan.findings)),
        fixable=sum(finding.fixable for finding in scan.findings),
        unseen=len(app.scan_result.unreadable),
        moved=len(scan.call_sites),
        secrets=len(secrets),
        scheduled=sum(secret.rotate not in {None, "manual"} for secret in secrets),
    )


def _outcome_file(repository: Repository) -> str:
    """Return the name of the file for an outcome: readable, and unique by a hash."""
    last_part = repository.name.rstrip("/").rpartition("/")[2]
    name = re.sub(r"[^\w.-]+", "-", last_part)[:60].lstrip(".")
    return f"{name}-{hashlib.sha256(repository.name.encode()).hexdigest()[:12]}.json"


def _load_outcome(tree: Tree, repository: Repository) -> Outcome | None:
    raw = tree.read(_outcome_file(repository)) or b""
    try:
        return msgspec.json.decode(raw, type=Outcome)
    except INVALID_JSON:
        return None


def main(folder: str) -> None:
    """Write the outcome of one folder to standard output, for `_scan_in_process`."""
    try:
        outcome = summarize_scan(Path(folder))
    except ShieldError as error:
        outcome = Outcome(repository=folder, error=error.message)
    sys.stdout.buffer.write(msgspec.json.encode(outcome))
