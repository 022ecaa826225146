"""The errors that a person is meant to read, and the exit code of each.

::

    ShieldError                     2   usage or configuration
     +- ManifestError               2   shield.toml is wrong; says where
     +- SourceError                 2   a file of the app can't be read, parsed or written
     +- ValueMissingError           2   a secret has no value in any source
     +- StalePlanError              4   the app or the account changed since the plan
     +- UnsafePlanError             4   the plan would lose something
     +- AwsError                    5   AWS refused
         +- AwsDeniedError          5   a permission is missing; says which
     +- RollbackIncompleteError     6   something could not be given back

Any other exception is a bug (exit code 3). No message ever holds a secret value.
"""

from __future__ import annotations

DONE = 0
FINDINGS = 1
USAGE = 2
BUG = 3
STALE = 4
REFUSED = 5
INCOMPLETE = 6
INTERRUPTED = 130


class ShieldError(Exception):
    """An expected failure: one line of what is wrong, one hint of what to do.

    Args:
        message: What is wrong, without a full stop and without any secret value.
        hint: What to do next; may be empty.
    """

    exit_code = USAGE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ManifestError(ShieldError):
    """shield.toml can't be read or holds something that it must not."""


class SourceError(ShieldError):
    """A file of the app can't be read, parsed or written."""


class ValueMissingError(ShieldError):
    """A secret that the app needs has no value in any source."""


class StalePlanError(ShieldError):
    """What the plan was made from has changed since."""

    exit_code = STALE


class UnsafePlanError(ShieldError):
    """Going on would lose something that can't be given back."""

    exit_code = STALE


class AwsError(ShieldError):
    """AWS refused, or could not be reached."""

    exit_code = REFUSED


class AwsDeniedError(AwsError):
    """AWS denied a call: no policy allows it."""


class RollbackIncompleteError(ShieldError):
    """A step could not be undone; the others were."""

    exit_code = INCOMPLETE
