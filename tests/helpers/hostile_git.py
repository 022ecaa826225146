"""Git repositories that try to run a program of theirs: each attack leaves a marker file."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = (
    'import os\n\nSECRET_KEY = os.environ["SECRET_KEY"]\nSTRIPE_KEY = os.environ["STRIPE_KEY"]\n'
)


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    """Run git as the attacker does, with the user's configuration out of the way."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.test",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.test",
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=check
    )
    return done.stdout.strip()


def make_app(folder: Path) -> Path:
    """Create a small Django app with one commit and a change in the index."""
    (folder / "shop").mkdir(parents=True)
    (folder / "manage.py").write_text(
        'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
    )
    (folder / "shop/__init__.py").touch()
    (folder / "shop/settings.py").write_text(SETTINGS)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    (folder / "shop/urls.py").write_text("urlpatterns = []\n")
    git(folder, "add", "-A")
    return folder


def script(place: Path, marker: Path) -> Path:
    """Write a program that creates the marker, and passes its input on."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\ntouch '{marker}'\ncat\n")
    place.chmod(0o755)
    return place


def fsmonitor(app: Path, evil: Path) -> None:
    git(app, "config", "core.fsmonitor", str(evil))


def index_hook(app: Path, evil: Path) -> None:
    (app / ".git/hooks").mkdir(exist_ok=True)
    (app / ".git/hooks/post-index-change").symlink_to(evil)
    os.utime(app / "shop/settings.py")


def hooks_path(app: Path, evil: Path) -> None:
    (evil.parent / "post-index-change").symlink_to(evil)
    git(app, "config", "core.hooksPath", str(evil.parent))
    os.utime(app / "shop/settings.py")


def clean_filter(app: Path, evil: Path) -> None:
    (app / ".gitattributes").write_text("*.py filter=evil\n")
    git(app, "config", "filter.evil.clean", str(evil))
    git(app, "config", "filter.evil.process", str(evil))
    os.utime(app / "shop/settings.py")


def textconv(app: Path, evil: Path) -> None:
    (app / ".gitattributes").write_text("*.py diff=evil\n")
    git(app, "config", "diff.evil.textconv", str(evil))
    git(app, "config", "diff.evil.command", str(evil))
    (app / "shop/settings.py").write_text(SETTINGS + "X = 1\n")


def external_diff(app: Path, evil: Path) -> None:
    git(app, "config", "diff.external", str(evil))
    (app / "shop/settings.py").write_text(SETTINGS + "X = 1\n")


def signature(app: Path, evil: Path) -> None:
    git(app, "config", "gpg.program", str(evil))
    git(app, "config", "log.showSignature", "true")
    commit = git(app, "cat-file", "commit", "HEAD").partition("\n\n")
    signed = f"{commit[0]}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\n{commit[2]}\n"
    name = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
        cwd=app, input=signed, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    git(app, "update-ref", "refs/heads/main", name)


def partial_clone(app: Path, evil: Path) -> None:
    """An object is missing, and would be fetched through core.sshCommand."""
    git(app, "config", "core.repositoryformatversion", "1")
    git(app, "config", "extensions.partialClone", "origin")
    git(app, "config", "remote.origin.url", "ssh://example.test/x")
    git(app, "config", "remote.origin.promisor", "true")
    git(app, "config", "core.sshCommand", str(evil))
    _remove_object(app, git(app, "rev-parse", "HEAD:shop/settings.py"))
    _remove_object(app, git(app, "rev-parse", "HEAD^{tree}"))


def upload_pack(app: Path, evil: Path) -> None:
    """An object is missing, and would be fetched from a folder by a program."""
    git(app, "config", "core.repositoryformatversion", "1")
    git(app, "config", "extensions.partialClone", "origin")
    git(app, "config", "remote.origin.url", str(app))
    git(app, "config", "remote.origin.promisor", "true")
    git(app, "config", "remote.origin.uploadpack", str(evil))
    _remove_object(app, git(app, "rev-parse", "HEAD:shop/settings.py"))
    _remove_object(app, git(app, "rev-parse", "HEAD^{tree}"))


def embedded_bare_repository(app: Path, evil: Path) -> None:
    """The app's own folder looks like a bare repository, whose files a clone brings along."""
    bare = app.parent / "bare"
    git(app.parent, "clone", "-q", "--bare", str(app), str(bare))
    git(bare, "config", "core.fsmonitor", str(evil))
    git(bare, "config", "core.bare", "false")
    git(bare, "config", "core.worktree", str(app))
    for name in ("HEAD", "config", "objects", "refs", "packed-refs"):
        if (bare / name).exists():
            (bare / name).rename(app / name)
    (app / ".git").rename(app.parent / "git-of-the-app")


def git_in_path(app: Path, evil: Path) -> None:
    """PATH has a relative entry, and the app a program called git."""
    script(app / "git", evil.parent / "marker")


def _remove_object(app: Path, name: str) -> None:
    path = app / ".git/objects" / name[:2] / name[2:]
    path.chmod(0o644)
    path.unlink()


ATTACKS = [
    fsmonitor,
    index_hook,
    hooks_path,
    clean_filter,
    textconv,
    external_diff,
    signature,
    partial_clone,
    upload_pack,
    embedded_bare_repository,
    git_in_path,
]
