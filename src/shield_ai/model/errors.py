"""Expected errors and their exit codes.

::

    ShieldError                     2   usage or configuration
     +- ManifestError               2   shield.toml is invalid
     +- SourceError                 2   a file of the app can't be read, parsed or written
         +- OutsideAppError         2   a path leads out of the app's folder
     +- ValueMissingError           2   a secret has no value in any source
     +- StalePlanError              4   the app or the account changed since the plan
     +- UnsafePlanError             4   the plan would lose data
     +- PlanFileError               4   a plan file is invalid, or for another app
     +- AwsError                    5   an AWS call failed
         +- AwsDeniedError          5   a permission is missing
         +- AwsCredentialsError     5   there are no AWS credentials
         +- AwsNotFoundError        5   a secret or another resource does not exist
     +- RollbackIncompleteError     6   a step could not be undone
     +- DeclinedError               1   the user declined a confirmation
     +- CommandInterruptedError   130   Ctrl-C

Other packages derive more errors, such as InterruptedRotationError in flow/interruption.py.
Any other exception is a bug (exit code 3). Without an error, the exit code is 0, or 1 if a command
such as `shield scan` has findings. Messages never contain secret values.
"""

from __future__ import annotations

DONE = 0
FINDINGS = 1
USAGE = 2
BUG = 3
PLAN_REJECTED = 4
AWS_FAILED = 5
INCOMPLETE = 6
INTERRUPTED = 130


class ShieldError(Exception):
    """An expected error, with a hint on how to fix it.

    Args:
        message: What is wrong, without a period at the end and without secret values.
        hint: What to do next; may be empty.
    """

    exit_code = USAGE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ManifestError(ShieldError):
    """shield.toml can't be read or is invalid.

    Args:
        message: What is wrong.
        hint: What to do next.
        key: The key with the invalid value; empty if it is unknown.
    """

    def __init__(self, message: str, hint: str = "", *, key: str = "") -> None:
        super().__init__(message, hint)
        self.key = key


class SourceError(ShieldError):
    """A file of the app can't be read, parsed or written."""


class OutsideAppError(SourceError):
    """A path leads out of the app's folder."""


class ValueMissingError(ShieldError):
    """A required secret has no value in any source."""


class StalePlanError(ShieldError):
    """The app or the account changed since the plan was made."""

    exit_code = PLAN_REJECTED


class UnsafePlanError(ShieldError):
    """The plan would lose data that can't be recovered."""

    exit_code = PLAN_REJECTED


class PlanFileError(ShieldError):
    """A plan file is invalid, or for another app, environment or scope."""

    exit_code = PLAN_REJECTED


class AwsError(ShieldError):
    """An AWS call failed, or AWS can't be reached."""

    exit_code = AWS_FAILED


class AwsDeniedError(AwsError):
    """AWS denied a call because a permission is missing."""


class AwsCredentialsError(AwsError):
    """There are no AWS credentials."""


class AwsNotFoundError(AwsError):
    """A secret or another resource does not exist in AWS."""


class RollbackIncompleteError(ShieldError):
    """A step could not be undone."""

    exit_code = INCOMPLETE


class DeclinedError(ShieldError):
    """The user did not confirm. The message says what was not done."""

    exit_code = FINDINGS


class CommandInterruptedError(ShieldError):
    """A command was interrupted. The hint says what is safe."""

    exit_code = INTERRUPTED
