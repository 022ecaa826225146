from __future__ import annotations

import pytest

from shield_ai.model.rotation_policy import ManualKind
from shield_ai.reports.rotation import manual_rotation_text


@pytest.mark.parametrize("kind", ManualKind)
def test_only_a_key_at_a_provider_has_a_second_key(kind):
    text = manual_rotation_text("mail", "shop/mail", kind)
    assert ("second key at the provider" in text) == (kind is ManualKind.PROVIDER_KEY)
    has_no_downtime = kind in {ManualKind.PROVIDER_KEY, ManualKind.DATABASE_LOGIN}
    assert ("without downtime" in text) == has_no_downtime
    assert ("logs all users out" in text) == (kind is ManualKind.SESSION_KEY)
    assert "AWSPREVIOUS" in text
    assert all(len(line) <= 80 for line in text.splitlines())
