"""What a strategy gets to see of a rotation, and what a strategy is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from .errors import SetupError, SupersededError
from .secret import (
    CURRENT,
    PENDING,
    PREVIOUS,
    State,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager


@dataclass(repr=False)
class Rotation:
    """One rotation of one secret: the version `token` is to become the current one.

    Args:
        state: What DescribeSecret said when the step began.
        environ: The function's settings.
    """

    store: Store
    token: str
    state: State
    environ: Mapping[str, str] = field(default_factory=dict)

    def current(self) -> str:
        """Read the value that is in use."""
        version = self.state.holder(CURRENT)
        value = self.store.value(version=version) if version else None
        if value is None:
            raise SetupError(
                f"{self.store.secret_id} has no current value that is text: write one first"
            )
        return value

    def pending(self) -> str:
        """Read the value that this rotation is to put into use."""
        value = self.store.value(version=self.token, stage=PENDING)
        if value is None:
            raise SupersededError(
                f"version {self.token} has no value or is pending no more: begin a new rotation"
            )
        return value

    def older(self) -> Iterator[str]:
        """Read what else may be in force, the likeliest first: the previous value, then those without a label."""
        previous = self.state.holder(PREVIOUS)
        versions = [previous] if previous else []
        for version in versions:
            value = self.store.value(version=version)
            if value is not None:
                yield value
        for version in self.store.unlabelled():
            value = self.store.value(version=version)
            if value is not None:
                yield value

    def confirm(self) -> None:
        """Read the stages again, under whatever lock is held: are we still the rotation, from the same current value?

        Raises:
            SupersededError: No.
        """
        now = self.store.describe()
        if PENDING not in now.stages.get(self.token, ()):
            raise SupersededError(
                f"version {self.token} is pending no more: another rotation took over"
            )
        if now.holder(CURRENT) != self.state.holder(CURRENT):
            raise SupersededError("another rotation has finished meanwhile: begin a new one")

    def finish(self) -> None:
        """Make the pending version the current one."""
        self.confirm()
        current = self.state.holder(CURRENT)
        if current is None:
            raise SetupError(f"{self.store.secret_id} has no current version")
        self.store.make_current(self.token, current)


class Strategy(Protocol):
    """How one kind of secret rotates. Each method may run again after a crash at any point, and then ends the work."""

    def new_value(self, rotation: Rotation, current: str) -> str:
        """Make the value that comes after `current`; change nothing anywhere."""
        ...

    def set(self, rotation: Rotation) -> None:
        """Bring the pending value into force."""
        ...

    def test(self, rotation: Rotation) -> None:
        """Prove that the pending value is in force."""
        ...

    def finishing(self, rotation: Rotation) -> AbstractContextManager[None]:
        """Keep others out, and the pending value proven, while it becomes the current one."""
        ...
