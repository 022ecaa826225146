"""PostgreSQL with a single user."""

from __future__ import annotations

from .. import postgres
from ..single import SingleUser


class PostgresSingle(SingleUser[postgres.PostgresSession]):
    """Change the password of the secret's user."""

    def __init__(self) -> None:
        super().__init__(postgres.connect, postgres.PORT)


STRATEGY = PostgresSingle
