from __future__ import annotations

import hashlib
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.digest import hexdigest


@given(st.binary())
def test_same_as_hashlib(raw: bytes) -> None:
    assert hexdigest(raw) == hashlib.sha256(raw).hexdigest()


def test_scan_does_not_load_openssl(tmp_path) -> None:
    """Nor other slow modules that only other commands require."""
    slow = {
        "_hashlib",
        "_ssl",
        "boto3",
        "tempfile",
        "subprocess",
        "yaml",
        "pathspec",
        "json",
        "shield_ai.reports.plan",
    }
    (tmp_path / "a.py").write_text("import os\nKEY = os.environ['SECRET_KEY']\n")
    # coverage measurement can have loaded some of them
    code = f"import sys; before = set(sys.modules); slow = {slow} - before\n"
    code += "from shield_ai.__main__ import main; main(sys.argv[1:]); print(sorted(slow & set(sys.modules)))"
    for _ in range(2):  # the first scan fills the cache
        command = [sys.executable, "-c", code, "scan", str(tmp_path)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
