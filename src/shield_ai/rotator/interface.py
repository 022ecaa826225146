"""The interface between the handler and the rotation strategies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from .errors import SetupError, SupersededError
from .secret import CURRENT, PENDING, PREVIOUS, State, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager


@dataclass(repr=False)
class Rotation:
    """A rotation of a secret.

    Args:
        store: The secret.
        token: The id of the new version.
        state: The result of DescribeSecret at the start of the step.
        environ: The settings of the function.
    """

    store: Store
    token: str
    state: State
    environ: Mapping[str, str] = field(default_factory=dict)

    def current_value(self) -> str:
        """Return the value of the current version.

        Raises:
            SetupError: There is no current version, or it is binary.
        """
        version = self.state.version_with(CURRENT)
        value = self.store.get_value(version=version) if version else None
        if value is None:
            raise SetupError(
                f"{self.store.secret_id} has no current value that is text: store one first"
            )
        return value

    def pending_value(self) -> str:
        """Return the value of the new version.

        Raises:
            SupersededError: The version has no value, or is no longer pending.
        """
        value = self.store.get_value(version=self.token, stage=PENDING)
        if value is None:
            raise SupersededError(
                f"version {self.token} has no value or is no longer pending: start a new rotation"
            )
        return value

    def older_values(self) -> Iterator[str]:
        """Yield the values of the previous version and of those without a label, newest first."""
        previous = self.state.version_with(PREVIOUS)
        if previous:
            yield from self._values([previous])
        yield from self._values(self.store.unlabeled_versions())

    def _values(self, versions: list[str]) -> Iterator[str]:
        for version in versions:
            value = self.store.get_value(version=version)
            if value is not None:
                yield value

    def ensure_pending(self) -> None:
        """Require that the version is still pending. Callers hold the lock, if there is one.

        Raises:
            SupersededError: The version is no longer pending, or the current version changed.
        """
        state = self.store.describe()
        if PENDING not in state.stages.get(self.token, ()):
            raise SupersededError(
                f"version {self.token} is no longer pending: another rotation took over"
            )
        if state.version_with(CURRENT) != self.state.version_with(CURRENT):
            raise SupersededError("another rotation finished in the meantime: start a new one")

    def finish(self) -> None:
        """Make the pending version the current one."""
        self.ensure_pending()
        current = self.state.version_with(CURRENT)
        if current is None:
            raise SetupError(f"{self.store.secret_id} has no current version")
        self.store.make_current(self.token, current)


class Strategy(Protocol):
    """The rotation of a type of secret.

    Every method is idempotent: after a crash at any point, it can run again and completes the work.
    """

    def new_value(self, rotation: Rotation, current: str) -> str:
        """Create a new value that replaces `current`. Databases are not changed."""
        ...

    def set(self, rotation: Rotation) -> None:
        """Make the pending value valid."""
        ...

    def test(self, rotation: Rotation) -> None:
        """Verify that the pending value is valid."""
        ...

    def finishing(self, rotation: Rotation) -> AbstractContextManager[None]:
        """Exclude other rotations while the pending value becomes current."""
        ...
