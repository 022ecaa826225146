"""The statements that revoke grants in MySQL and MariaDB."""

from __future__ import annotations

import pytest

from shield_ai.rotator.mysql_grants import ACCOUNT, revoke_statements


@pytest.mark.parametrize(
    ("grant", "statements"),
    [
        (f"GRANT `r` TO {ACCOUNT}", [f"REVOKE `r` FROM {ACCOUNT}"]),
        (
            f"GRANT SELECT, INSERT ON `d`.* TO {ACCOUNT}",
            [f"REVOKE SELECT, INSERT ON `d`.* FROM {ACCOUNT}"],
        ),
        (
            f"GRANT ALL PRIVILEGES ON `d`.* TO {ACCOUNT} WITH GRANT OPTION",
            [
                f"REVOKE ALL PRIVILEGES ON `d`.* FROM {ACCOUNT}",
                f"REVOKE GRANT OPTION ON `d`.* FROM {ACCOUNT}",
            ],
        ),
        (f"SET DEFAULT ROLE `r` FOR {ACCOUNT}", [f"SET DEFAULT ROLE NONE FOR {ACCOUNT}"]),
        (f"SET DEFAULT ROLE `r`@`%` TO {ACCOUNT}", [f"SET DEFAULT ROLE NONE TO {ACCOUNT}"]),
    ],
)
def test_revoke_statements(grant, statements):
    assert revoke_statements(grant) == statements
