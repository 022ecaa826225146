from __future__ import annotations

import os
from pathlib import Path

import pytest

from shield_ai.project.regular_file import read_regular_file


def count_descriptors():
    return len(list(Path("/dev/fd").iterdir()))


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_closes_what_is_no_regular_file(tmp_path, make):
    make(tmp_path / "other")
    before = count_descriptors()
    with pytest.raises(OSError, match="not a regular file"):
        read_regular_file(tmp_path / "other")
    assert count_descriptors() == before


def test_size_is_limited(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    assert read_regular_file(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OSError, match="larger than"):
        read_regular_file(tmp_path / "file", 4)
