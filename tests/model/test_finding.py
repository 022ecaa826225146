from __future__ import annotations

from shield_ai.model.finding import fingerprint


def test_fingerprint_depends_on_every_part():
    fingerprints = {
        fingerprint("r", "p", "n", 0),
        fingerprint("r", "p", "n", 1),
        fingerprint("r", "pn", "", 0),
        fingerprint("rp", "", "n", 0),
    }
    assert len(fingerprints) == 4
