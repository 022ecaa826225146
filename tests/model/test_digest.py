from __future__ import annotations

import hashlib
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.digest import hexdigest


@given(st.binary())
def test_is_what_hashlib_says(raw: bytes) -> None:
    assert hexdigest(raw) == hashlib.sha256(raw).hexdigest()


def test_a_scan_starts_without_openssl(tmp_path) -> None:
    """Nor without anything else that only other commands need, and that takes long to load."""
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
    # What measures the coverage of the tests has loaded some before.
    code = f"import sys; before = set(sys.modules); slow = {slow} - before\n"
    code += "from shield_ai.__main__ import main; main(sys.argv[1:]); print(sorted(slow & set(sys.modules)))"
    for _ in range(2):  # the first scan keeps what takes long to make
        command = [sys.executable, "-c", code, "scan", str(tmp_path)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
