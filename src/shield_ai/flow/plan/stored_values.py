"""Compare texts with the values that AWS has, which are read once for each secret."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from shield_ai.flow.current_values import read_current_values
from shield_ai.model.errors import AwsError

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
