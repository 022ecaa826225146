"""Run git commands on the app's folder and on remote repositories."""

from __future__ import annotations

import base64
import enum
import hashlib
import os
import posixpath
import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from shield_ai.model.errors import SourceError
from shield_ai.project import git_process
from shield_ai.project.inside import parent_check
from shield_ai.project.own_repository import is_in_repository
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from shield_ai.project.repository_list import Repository

NETWORK_TIMEOUT = 300  # seconds
MAX_COMPARED = 50_000_000  # bytes; larger files are not compared
NO_MATCH = 1  # https://git-scm.com/docs/git-grep
SKIP_WORKTREE = "S"  # https://git-scm.com/docs/git-ls-files
SUBMODULE = "160000"
SYMBOLIC_LINK = "120000"
SHA256_LENGTH = 64
# The output of `git check-ignore -v`: file, line, pattern and path.
_PATTERN = regex(r"(?P<place>.+?:\d+):(?P<pattern>.*)\t", re.DOTALL)
UNREADABLE_HINT = "run git status for details"


def changed_files(root: Path) -> list[str]:
    """Return the tracked files below a folder that differ from the last commit.

    The files are compared with the index by their hashes: `git diff` would run the filters that the
    repository names.

    Args:
        root: The app's folder, which can be any folder of the repository.

    Returns:
        Paths relative to the folder. Empty without a repository or a commit.

    Raises:
        SourceError: git can't read the repository.
    """
    options = ("--cached", "--name-only", "--relative", "--no-renames", "--no-ext-diff", "-z")
    staged = git_process.read(root, "diff", *options, "HEAD", "--", ".")
    index = git_process.read(root, "ls-files", "-t", "--stage", "-z", "--", ".")
    if index is None and is_in_repository(root):
        raise SourceError(f"git can't read the repository of {root}", UNREADABLE_HINT)
    if staged is None or index is None:
        return []
    changed = {name for name in _decode(staged).split("\0") if name}
    has_real_parent = parent_check(str(root))
    edited = {
        entry.path
        for entry in _entries(index)
        if not has_real_parent(entry.path) or _differs(root, entry)
    }
    return sorted(changed | (edited - _filtered(root, edited)))


class IndexEntry(NamedTuple):
    """A file in the index."""

    is_sparse: bool  # not in the work tree of a sparse checkout
    mode: str
    name: str  # the object ID: SHA-1, or SHA-256 in a repository that uses it
    path: str


def _entries(output: bytes) -> Iterator[IndexEntry]:
    """Parse `git ls-files -t --stage -z`: tag, mode, object, stage, a tab and the path."""
    for line in _decode(output).split("\0"):
        head, tab, path = line.partition("\t")
        if tab:
            tag, mode, name, _ = head.split()
            yield IndexEntry(tag == SKIP_WORKTREE, mode, name, path)


def _differs(root: Path, entry: IndexEntry) -> bool:
    path = root / entry.path
    if entry.mode == SUBMODULE:
        return False
    if entry.is_sparse and not os.path.lexists(path):
        return False
    try:
        if entry.mode == SYMBOLIC_LINK:
            # Path.readlink() would normalize the target: `./a`, `a/`
            content = os.readlink(os.fsencode(path))  # noqa: PTH115
        elif path.is_symlink() or not path.is_file():
            return True
        elif path.stat().st_size > MAX_COMPARED:
            return False
        else:
            content = path.read_bytes()
    except OSError:
        return True
    if entry.name == _object_name(content, entry.name):
        return False
    # With core.autocrlf, the line endings of the file and the object differ.
    return entry.name != _object_name(content.replace(b"\r\n", b"\n"), entry.name)


def _object_name(content: bytes, like: str) -> str:
    """Return git's object ID of a file's content, with the hash algorithm of another ID."""
    algorithm = hashlib.sha256 if len(like) == SHA256_LENGTH else hashlib.sha1
    return algorithm(b"blob %d\0" % len(content) + content).hexdigest()


def _filtered(root: Path, paths: Collection[str]) -> set[str]:
    """Return the files with a git filter, such as large files in Git LFS."""
    if not paths:
        return set()
    output = git_process.read(root, "check-attr", "-z", "filter", "--", *paths)
    fields = _decode(output or b"").split("\0")
    triples = zip(fields[::3], fields[2::3], strict=False)
    return {path for path, value in triples if value not in {"unspecified", "unset"}}


def _decode(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")


class GitState(enum.StrEnum):
    """What git does with a file."""

    IGNORED = "ignored"
    TRACKED = "tracked"
    NOT_IGNORED = "not-ignored"  # the next `git add` includes it
    NO_REPOSITORY = "no-repository"
    UNKNOWN = "unknown"  # git can't read the repository, or is not installed


def git_state(root: Path, path: str) -> GitState:
    """Return whether git tracks or ignores a file.

    Args:
        root: The app's folder.
        path: The file, relative to the folder.
    """
    if git_process.read(root, "rev-parse", "--git-dir") is None:
        return GitState.UNKNOWN if is_in_repository(root) else GitState.NO_REPOSITORY
    tracked = ("ls-files", "--error-unmatch", "--", git_process.literal_pathspec(path))
    if git_process.run(root, *tracked)[0] == 0:
        return GitState.TRACKED
    # https://git-scm.com/docs/git-check-ignore#_exit_status
    code = git_process.run(root, "check-ignore", "-q", "--", path)[0]
    states: dict[int | None, GitState] = {0: GitState.IGNORED, 1: GitState.NOT_IGNORED}
    return states.get(code, GitState.UNKNOWN)


def ignored_files(root: Path, paths: Collection[str]) -> list[str]:
    """Return the untracked files that git ignores; none if git ignores the whole app.

    Args:
        root: The app's folder.
        paths: Files relative to the folder; they need not exist.
    """
    if not paths or git_process.run(root, "check-ignore", "-q", "--", ".")[0] != 1:
        return []
    output = git_process.read(root, "check-ignore", "--", *paths) or b""
    ignored = {_decode(git_process.unquote(line)) for line in output.splitlines()}
    return sorted({*paths} & ignored)


def ignore_pattern(root: Path, path: str) -> str:
    """Return the place of the pattern that ignores a file, and the pattern: `.gitignore:3: _*`.

    Args:
        root: The app's folder.
        path: The file, relative to the folder.

    Returns:
        "" if git does not ignore the file.
    """
    output = git_process.read(root, "check-ignore", "-v", "--", path) or b""
    match = _PATTERN.match(_decode(output))
    is_negated = match is not None and match["pattern"].startswith("!")
    return f"{match['place']}: {match['pattern']}" if match and not is_negated else ""


def files_around(root: Path, words: Iterable[str]) -> list[str] | None:
    """Return the tracked files of the repository outside the app that contain one of some words.

    Args:
        root: The app's folder.
        words: The words.

    Returns:
        The paths relative to the app's folder; an empty list if the app is the whole repository or
        in none, and None if git can't search.
    """
    shown = git_process.read(root, "rev-parse", "--show-prefix")
    if shown is None:
        return None if is_in_repository(root) else []
    prefix = _decode(shown).strip("\n")
    patterns = [argument for word in sorted(words) for argument in ("-e", word)]
    if not prefix or not patterns:
        return []
    options = ("-lzIwF", "--full-name", "--no-textconv", "--no-recurse-submodules")
    outside = (":(top)", f":(top,exclude,literal){prefix.rstrip('/')}")
    arguments = ("grep", *options, *patterns, "--", *outside)
    code, output = git_process.run(root, *arguments, is_search=True)
    if code not in {0, NO_MATCH}:
        return None
    paths = filter(None, _decode(output).split("\0"))
    return sorted(posixpath.relpath(path, prefix) for path in paths)


def prefix_of(root: Path) -> str:
    """Return the path of a folder in its repository; empty if it is the top or in none."""
    output = git_process.read(root, "rev-parse", "--show-prefix")
    return _decode(output or b"").strip("\n").rstrip("/")


def checked_out_commit(root: Path) -> str:
    """Return the abbreviated hash of the commit that is checked out; empty without one."""
    output = git_process.read(root, "rev-parse", "--short=12", "--verify", "HEAD")
    return _decode(output or b"").strip()


def remote_name(root: Path) -> str:
    """Return the host and path of the remote `origin` in lower case; empty without one.

    The name is the same for the URLs of HTTPS and SSH, and contains no user or password.
    """
    return origin_name(root).lower()


def origin_name(root: Path) -> str:
    """Return the host and path of the remote `origin` as written; empty without one."""
    url = _decode(git_process.read(root, "config", "--get", "remote.origin.url") or b"").strip()
    without_scheme = url.partition("://")[2] or url.replace(":", "/", 1)
    host, slash, path = without_scheme.partition("/")
    return host.rpartition("@")[2] + slash + path.rstrip("/").removesuffix(".git")


def is_local(name: str) -> bool:
    """Return whether the name of a remote is a local path, which reports must not contain.

    Args:
        name: The result of `remote_name`.
    """
    host = name.partition("/")[0]
    return host in {"", ".", "..", "localhost"} or host.startswith("~") or len(host) == 1


def head_commit(repository: Repository) -> str:
    """Return the hash of the commit that `clone` checks out; empty without commits.

    Raises:
        SourceError: The repository can't be reached.
    """
    return _run_with_url(repository, "ls-remote", "--", "{}", "HEAD").split("\t", maxsplit=1)[0]


def clone(repository: Repository, folder: Path) -> None:
    """Clone the newest commit of a repository, without its history.

    Raises:
        SourceError: The repository can't be cloned.
    """
    options = (
        "--quiet",
        "--depth=1",
        "--single-branch",
        "--no-tags",
        "--no-recurse-submodules",
        "--template=",
    )
    _run_with_url(repository, "clone", *options, "--", "{}", str(folder))


def _run_with_url(repository: Repository, *arguments: str) -> str:
    """Run git with the URL of a repository instead of `{}`, and return its output.

    A token is passed in an environment variable, because other users can see the arguments.
    """
    command = [repository.url if argument == "{}" else argument for argument in arguments]
    variables = _authorization(repository) if repository.credentials else {}
    try:
        result = git_process.run_remote(command, variables, NETWORK_TIMEOUT)
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines() or ["failed"]
        # url.*.insteadOf in the user's configuration can add credentials
        reason = re.sub(r"(?<=://)[^\s']*@", "", lines[-1])
        raise SourceError(f"git {arguments[0]}: {reason[:200]}") from None
    return result.stdout.decode("utf-8", "replace")


def _authorization(repository: Repository) -> dict[str, str]:
    """Return the environment variables that add an Authorization header for a host."""
    user, _, token = repository.credentials.partition(":")
    encoded = base64.b64encode(f"{unquote(user)}:{unquote(token)}".encode()).decode()
    host = "/".join(repository.url.split("/")[:3])
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{host}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {encoded}",
    }
