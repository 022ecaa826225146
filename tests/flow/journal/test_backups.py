from __future__ import annotations

import pytest

from shield_ai.flow.journal.log import Journal
from shield_ai.model.errors import SourceError


def test_refuses_a_damaged_backup(tmp_path):
    with Journal(tmp_path).locked() as journal:
        digest = journal.backups.store(b"old")
        assert journal.backups.read(digest) == b"old"
        assert journal.backups.store(b"old") == digest
        (journal.folder / "backups" / digest).write_bytes(b"other")
        with pytest.raises(SourceError, match="missing or damaged"):
            journal.backups.read(digest)
