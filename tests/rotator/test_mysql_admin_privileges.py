"""Which grants of MySQL and MariaDB are administrative."""

from __future__ import annotations

import pytest

from shield_ai.rotator.mysql_admin_privileges import admin_privilege
from shield_ai.rotator.mysql_grants import ACCOUNT


@pytest.mark.parametrize(
    ("grant", "privilege"),
    [
        ("ALL PRIVILEGES ON `shop`.* TO {}", ""),
        ("SELECT (`a`, `b`), INSERT ON `shop`.`t` TO {} WITH GRANT OPTION", ""),
        ("EXECUTE ON PROCEDURE `shop`.`p` TO {}", ""),
        ("EXECUTE ON FUNCTION `mysql`.`f` TO {}", "EXECUTE ON FUNCTION `mysql`.`f`"),
        ("SELECT ON *.* TO {} WITH GRANT OPTION", "GRANT OPTION ON *.*"),
        ("SELECT, SYSTEM_USER ON *.* TO {}", "SYSTEM_USER ON *.*"),
        ("UPDATE ON `MySQL`.* TO {}", "UPDATE ON `MySQL`.*"),
        ("UPDATE ON `mysq_`.* TO {}", "UPDATE ON `mysq_`.*"),
        ("UPDATE ON `mysq\\_`.* TO {}", ""),
        ("UPDATE ON `%`.* TO {}", "UPDATE ON `%`.*"),
        ("UPDATE ON `a``b`.* TO {}", ""),
        ("PROXY ON ``@`%` TO {}", "PROXY"),
        ("`r`@`%` TO {}", ""),
        ("UPDATE ON odd TO {}", "UPDATE ON odd"),
        ("SELECT (`User`, `Host`) ON `mysql`.`user` TO {}", ""),
        ("SELECT (User, Host), SHOW VIEW ON `mysql`.`user` TO {}", ""),
        ("SELECT (`a), `` b`), UPDATE (`c`, `d`) ON `mysql`.`t` TO {}", "UPDATE ON `mysql`.`t`"),
        ("ALL PRIVILEGES ON *.* TO `other`@`%`", "ALL PRIVILEGES ON *.*"),
        ("SUPER ON *.* TO {} REQUIRE SUBJECT '/CN=a TO b'", "SUPER ON *.*"),
        ("SELECT ON *.* TO `r` WITH GRANT OPTION", "GRANT OPTION ON *.*"),
        ("`r` TO `other`", ""),
    ],
)
def test_admin_privilege(grant, privilege):
    assert admin_privilege("GRANT " + grant.format(ACCOUNT)) == privilege
