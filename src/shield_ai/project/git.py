"""Facts from git, by its own command; a tree without git has none."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

from shield_ai.model.errors import SourceError

PATIENCE = 300  # seconds for what goes over the network


def changed(root: Path) -> list[str]:
    """List tracked files below a folder that differ from the last commit, relative to it.

    Args:
        root: The app's folder; need not be the top of the repository.
    """
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "diff", "--name-only", "--relative", "-z", "HEAD", "--", "."],
            capture_output=True,
            check=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return []  # no git here, or no commit yet
    return [name for name in answer.stdout.decode("utf-8", "surrogateescape").split("\0") if name]


def holds(root: Path, path: str) -> str:
    """Say why git has a file, or would take it with the next `git add`; empty where it leaves it alone.

    Args:
        root: The app's folder.
        path: Relative to it.
    """

    def asked(*arguments: str) -> int | None:
        try:
            return subprocess.run(
                ["git", "-C", str(root), *arguments], capture_output=True, check=False
            ).returncode
        except OSError:
            return None

    if asked("rev-parse", "--git-dir") != 0:
        return ""
    if asked("ls-files", "--error-unmatch", "--", path) == 0:
        return "is tracked by git"
    return "is not ignored by git" if asked("check-ignore", "-q", "--", path) == 1 else ""


def head(repository: str) -> str:
    """Return the newest commit of a URL or a bare copy.

    Raises:
        SourceError: It can't be reached.
    """
    return _git(repository, "ls-remote", "--", "{}", "HEAD").split("\t", maxsplit=1)[0]


def clone(repository: str, folder: Path) -> None:
    """Bring the newest commit of a repository into a folder, without its history.

    Raises:
        SourceError: It can't be had.
    """
    _git(
        repository,
        "clone",
        "--quiet",
        "--depth=1",
        "--single-branch",
        "--no-tags",
        "--",
        "{}",
        str(folder),
    )


def without_token(url: str) -> tuple[str, str]:
    """Split a URL over HTTP into what everybody may see and the `user:token` in it; any other text stays whole."""
    found = re.fullmatch(r"(https?://)([^/]*)@([^/@]*(?:/.*)?)", url)
    return (found[1] + found[3], found[2]) if found else (url, "")


def _git(repository: str, *arguments: str) -> str:
    """Run git on a URL, which stands for `{}`; a token in it goes by the environment, since all can see arguments."""
    url, login = without_token(repository)
    source = url if ":" in url else Path(url).absolute().as_uri()
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}
    if login:
        user, _, token = login.partition(":")
        basic = base64.b64encode(f"{unquote(user)}:{unquote(token)}".encode()).decode()
        host = "/".join(url.split("/")[:3])
        header = {"KEY": f"http.{host}/.extraHeader", "VALUE": f"Authorization: Basic {basic}"}
        env |= {
            "GIT_CONFIG_COUNT": "1",
            **{f"GIT_CONFIG_{name}_0": text for name, text in header.items()},
        }
    command = ["git", *(source if argument == "{}" else argument for argument in arguments)]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE, env=env)
    except FileNotFoundError:
        raise SourceError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise SourceError(f"git {arguments[0]} was not done within {PATIENCE} s") from None
    except subprocess.CalledProcessError as error:
        words = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SourceError(f"git {arguments[0]}: {(words or ['failed'])[-1][:200]}") from None
    return done.stdout.decode("utf-8", "replace")
