"""PostgreSQL, one user."""

from __future__ import annotations

from . import postgres
from .single import Single


class PostgresSingle(Single[postgres.PostgresSession]):
    """See `single`."""

    def __init__(self) -> None:
        super().__init__(postgres.connect, postgres.PORT)
