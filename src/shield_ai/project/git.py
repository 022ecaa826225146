"""Run git commands on the app's folder and on remote repositories."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

from shield_ai.model.errors import SourceError

NETWORK_TIMEOUT = 300  # seconds


def changed_files(root: Path) -> list[str]:
    """Return the tracked files below a folder that differ from the last commit.

    Args:
        root: The app's folder, which can be any folder of the repository.

    Returns:
        Paths relative to the folder. Empty without a repository or a commit.
    """
    command = ["git", "-C", str(root), "diff", "--name-only", "--relative", "-z", "HEAD", "--", "."]
    try:
        result = subprocess.run(command, capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return []
    return [name for name in result.stdout.decode("utf-8", "surrogateescape").split("\0") if name]


def why_not_ignored(root: Path, path: str) -> str:
    """Return why a commit can include a file; empty if git ignores it or there is no repository.

    Args:
        root: The app's folder.
        path: The file, relative to the folder.
    """
    if _exit_code(root, "rev-parse", "--git-dir") != 0:
        return ""
    if _exit_code(root, "ls-files", "--error-unmatch", "--", path) == 0:
        return "is tracked by git"
    if _exit_code(root, "check-ignore", "-q", "--", path) == 1:
        return "is not ignored by git"
    return ""


def _exit_code(root: Path, *arguments: str) -> int | None:
    command = ["git", "-C", str(root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode
    except OSError:
        return None


def head_commit(repository: str) -> str:
    """Return the newest commit of a repository, by its URL or path.

    Raises:
        SourceError: The repository can't be reached.
    """
    return _run_with_url(repository, "ls-remote", "--", "{}", "HEAD").split("\t", maxsplit=1)[0]


def clone(repository: str, folder: Path) -> None:
    """Clone the newest commit of a repository, without its history.

    Raises:
        SourceError: The repository can't be cloned.
    """
    options = ("--quiet", "--depth=1", "--single-branch", "--no-tags")
    _run_with_url(repository, "clone", *options, "--", "{}", str(folder))


def split_credentials(url: str) -> tuple[str, str]:
    """Split an HTTP URL into the URL without credentials, and `user:token`."""
    match = re.fullmatch(r"(https?://)([^/]*)@([^/@]*(?:/.*)?)", url)
    return (match[1] + match[3], match[2]) if match else (url, "")


def _run_with_url(repository: str, *arguments: str) -> str:
    """Run git with the URL of a repository instead of `{}`, and return its output.

    A token is passed in an environment variable, because other users can see the arguments.
    """
    url, credentials = split_credentials(repository)
    source = url if ":" in url else Path(url).absolute().as_uri()
    command = ["git", *(source if argument == "{}" else argument for argument in arguments)]
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}
    if credentials:
        env |= _authorization(url, credentials)
    try:
        result = subprocess.run(
            command, capture_output=True, check=True, timeout=NETWORK_TIMEOUT, env=env
        )
    except FileNotFoundError:
        raise SourceError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise SourceError(f"git {arguments[0]} timed out after {NETWORK_TIMEOUT} seconds") from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines() or ["failed"]
        raise SourceError(f"git {arguments[0]}: {lines[-1][:200]}") from None
    return result.stdout.decode("utf-8", "replace")


def _authorization(url: str, credentials: str) -> dict[str, str]:
    """Return the environment variables that add an Authorization header for a host."""
    user, _, token = credentials.partition(":")
    encoded = base64.b64encode(f"{unquote(user)}:{unquote(token)}".encode()).decode()
    host = "/".join(url.split("/")[:3])
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{host}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {encoded}",
    }
