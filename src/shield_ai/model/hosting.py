"""Where an app runs, as far as its repository shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Hosting(NamedTuple):
    """What the environment of an app provides in production."""

    has_role: bool = True  # the app runs on AWS, where it can have an IAM role
    uses_access_keys: bool = False  # the app itself reads the variables that boto3 signs in with
    reads_endpoint: bool = False  # the app reads AWS_ENDPOINT_URL, which redirects all services
    platform: str = "the platform"
    set_by_platform: Sequence[str] = ()  # variables with secrets

    def sentence(self, quote: Callable[[str], str] = str) -> str:
        """Return which secrets stay in the environment; empty without any.

        Args:
            quote: Formats the name of a variable.
        """
        names = ", ".join(map(quote, self.set_by_platform))
        verb, pronoun = ("stay", "them") if len(self.set_by_platform) > 1 else ("stays", "it")
        return f"{names} {verb} in the environment: {self.platform} sets {pronoun}." * bool(names)
