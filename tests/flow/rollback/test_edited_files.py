from __future__ import annotations

import subprocess

from shield_helpers import make_app, run

ENTRY = '\n[[secret]]\nname = "queue-token"\nkind = "generic"\nenv = "QUEUE_TOKEN"\n'


def git(root, *arguments):
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True).stdout


def test_no_file_is_edited_on_a_branch_without_the_changes(tmp_path):
    """Also a file that two applies wrote, whose content is that before the first one."""
    make_app(tmp_path)
    (tmp_path / ".gitignore").write_text(".env\n.shield\n*.shield_ai_backup\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "x")
    git(tmp_path, "checkout", "-qb", "feature")
    assert run("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path).code == 0
    manifest = tmp_path / "shield.toml"
    manifest.write_text(manifest.read_text() + ENTRY)
    done = run("apply", "--only", "code", "--yes", "--no-proof", "--allow-dirty", cwd=tmp_path)
    assert done.code == 0, done.err
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "y")
    git(tmp_path, "checkout", "-q", "-")
    for _ in range(2):
        done = run("rollback", "--yes", cwd=tmp_path)
        assert done.code == 0, done.err
        assert "edited since apply" not in done.err
    assert git(tmp_path, "status", "--porcelain") == b""
