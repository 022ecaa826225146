"""MySQL and MariaDB with a single user.

An account consists of a user and a host pattern. The rotation changes the account that the server
selects for the function's connection. If several accounts have the same user, use alternating
users, which change all of them.
"""

from __future__ import annotations

from .. import mysql
from ..single import SingleUser


class MysqlSingle(SingleUser[mysql.MysqlSession]):
    """Change the password of the secret's user."""

    def __init__(self) -> None:
        super().__init__(mysql.connect, mysql.PORT)


STRATEGY = MysqlSingle
