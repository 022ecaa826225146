"""MySQL and MariaDB, one user.

An account is a user at a host pattern: the one changed is the one that the server takes the function for. Where several
accounts share the user's name, use alternating users, which change them all.
"""

from __future__ import annotations

from . import mysql
from .single import Single


class MysqlSingle(Single[mysql.MysqlSession]):
    """See `single`."""

    def __init__(self) -> None:
        super().__init__(mysql.connect, mysql.PORT)
