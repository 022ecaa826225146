from __future__ import annotations

from shield_ai.flow.verify.check import Status, make_check
from shield_ai.flow.verify.stored_secrets import SECRET_READABLE


def test_title_names_the_subject():
    check = make_check(SECRET_READABLE, Status.OK, subject="shop/{0} key")
    assert check.name == "shop/{0} key can be read"
    assert check.subject == "shop/{0} key"
