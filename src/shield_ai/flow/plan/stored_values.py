"""Compare texts with the values that AWS has, which are read once for each secret."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from shield_ai.flow.current_values import parse_document, read_current_values
from shield_ai.model.errors import AwsError
from shield_ai.model.plan import ValueState

if TYPE_CHECKING:
    from shield_ai.aws.live.account import Account
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest


class StoredValues:
    """The values of the variables of an app in AWS.

    Args:
        manifest: shield.toml, with the settings of the environment.
        aws: The account.
    """

    def __init__(self, manifest: Manifest, aws: Account) -> None:
        self._manifest = manifest
        self._aws = aws
        self._values: dict[str, Hidden] = {}  # by variable
        self._read: set[str] = set()  # the names of the secrets that were read

    def has(self, variable: str, text: str) -> bool | None:
        """Return whether AWS has a text as the value of a variable.

        Args:
            variable: A variable in shield.toml.
            text: The text.

        Returns:
            None if the secret does not exist or can't be read.
        """
        secret, _ = self._manifest.secrets_by_variable()[variable]
        if secret.name not in self._read:
            self._read.add(secret.name)
            with contextlib.suppress(AwsError):
                found = read_current_values(self._manifest, [secret], self._aws)
                self._values.update(found.values)
        value = self._values.get(variable)
        return None if value is None else value.reveal() == text

    def compare(self, name: str, value: Hidden) -> ValueState:
        """Compare a value with that of a secret; a JSON document may lack fields that AWS has.

        Args:
            name: The secret's name in AWS.
            value: The value.
        """
        stored = self._aws.secrets.read_many([name])[name]
        if isinstance(stored, AwsError):
            return ValueState.UNKNOWN
        fields = parse_document(stored.reveal())
        wanted = parse_document(value.reveal())
        is_equal = stored == value or (wanted and fields.items() >= wanted.items())
        return ValueState.UNCHANGED if is_equal else ValueState.DIFFERS
