from __future__ import annotations

import pytest
from report_samples import NOW

from shield_ai.aws.cloudtrail.audit_result import Access, AccessType, Audit
from shield_ai.reports.audit import audit_text


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        pytest.param({AccessType.READ: 2}, "", id="only reads"),
        pytest.param({AccessType.DESCRIBE: 1}, "1 metadata read", id="metadata"),
        pytest.param(
            {AccessType.DESCRIBE: 21, AccessType.DENIED: 1, AccessType.FAILED: 20},
            "21 metadata reads, 1 denied, 20 failed",
            id="several",
        ),
    ],
)
def test_accesses_without_a_column(counts, text):
    access = Access(secret="a", who="role/Shop", counts=counts, first=NOW, last=NOW)
    result = audit_text(Audit(app="shop", since=None, events=1, events_read=1, accesses=(access,)))
    (details,) = result.partition("11-24 12:00\n")[2].splitlines()[:1]
    assert details.strip() == text
