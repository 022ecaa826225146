"""Translate the errors of AWS calls, and convert tags.

This module opens no socket when it is imported, unlike boto3.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

from shield_ai.model.errors import AwsCredentialsError, AwsDeniedError, AwsError, AwsNotFoundError
from shield_ai.model.suggestion import did_you_mean
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rotator.errors import sanitize_error_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# AWS error codes, grouped by the hint for the user.
_ACCESS_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_INVALID_CREDENTIALS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_KMS_KEY_UNUSABLE = {
    "EncryptionFailure",
    "DecryptionFailure",
    "KMSAccessDeniedException",
    "DisabledException",
}
HOOK_REFUSED = "HookRefusedException"  # of the AWS emulator
_WRONG_REGION = {"OptInRequired", "AuthFailure", "InvalidSignatureRegion"}
_NOT_FOUND = "ResourceNotFoundException"
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
}
_ENDPOINT_REGION = regex(r"https://[\w-]+\.([a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2})\.amazonaws\.")
_RETRY_HINT = "run the same command again; completed steps are not repeated"


def tag_list(tags: Mapping[str, str]) -> list[Any]:
    """Return tags as the list of keys and values that most services expect.

    The items are Any because the stubs have a separate type for each service.
    """
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def tag_dict(tags: Iterable[Any]) -> dict[str, str]:
    """Return tags as a dict; the inverse of `tag_list`."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def removed_tags(live: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """Return the keys of the tags to remove from a resource."""
    return sorted(live.keys() - wanted.keys())


@contextlib.contextmanager
def translate_errors(permission: str, name: str = "") -> Iterator[None]:
    """Turn botocore's errors into `AwsError`, with the call, its subject and what to do.

    The message of the error is omitted, because it could quote a parameter.

    Args:
        permission: The IAM permission of the call, for example `secretsmanager:CreateSecret`.
        name: The name of the secret or resource.
    """
    call = f"{permission} on {name}" if name else permission
    try:
        yield
    except ClientError as error:
        raise _client_error(error, permission, call) from None
    except ProfileNotFound:
        raise  # a BotoCoreError, which the session reports with the name of the profile
    except (NoCredentialsError, PartialCredentialsError):
        raise AwsCredentialsError(
            "no AWS credentials",
            "set AWS_PROFILE or sign in with aws sso login; without an account, try shield local "
            "bash",
        ) from None
    except (EndpointConnectionError, ConnectTimeoutError, HTTPClientError) as error:
        raise AwsError(
            f"AWS can't be reached for {call}",
            f"{_region_hint(error)}check the network, the region and AWS_ENDPOINT_URL; "
            f"{_RETRY_HINT}",
        ) from None
    except NoRegionError:
        raise AwsError(
            "no AWS region",
            "set AWS_REGION, or run the command in the folder of an app with a shield.toml",
        ) from None
    except BotoCoreError as error:
        raise AwsError(
            f"{call} failed: {type(error).__name__}", "check the AWS configuration"
        ) from None


def _region_hint(error: BotoCoreError) -> str:
    """Return the start of a hint if botocore does not know the region of an endpoint.

    The region can be a typo, or newer than the installed botocore. Therefore, it is checked only
    after a connection has failed.
    """
    found = _ENDPOINT_REGION.match(str(error.kwargs.get("endpoint_url", "")))
    if not found:
        return ""
    from botocore.session import get_session  # takes long to import

    session = get_session()
    known: list[str] = []
    for partition in session.get_available_partitions():
        known += session.get_available_regions("secretsmanager", partition)
    if found[1] in known:
        return ""
    suggestion = did_you_mean(found[1], known)
    suggestion = f" ({suggestion})" if suggestion else ""
    return f"the installed botocore does not know the region {found[1]}{suggestion}; "


def _client_error(error: ClientError, permission: str, call: str) -> AwsError:
    code = sanitize_error_code(error.response.get("Error", {}).get("Code", "unknown"))
    if code in _ACCESS_DENIED:
        statement = f'{{"Effect": "Allow", "Action": "{permission}", "Resource": …}}'
        return AwsDeniedError(
            f"AWS denied {call}",
            f"the IAM policy of the identity that runs shield lacks {statement}; "
            "shield export --format operator-policy prints the policy that it needs",
        )
    if code in _KMS_KEY_UNUSABLE:
        return AwsError(
            f"AWS can't use the KMS key for {call}: {code}",
            "check that the KMS key (kms_key in shield.toml) is enabled and its policy allows you "
            "to use it",
        )
    if code == HOOK_REFUSED:
        return AwsError(
            f"the AWS emulator refused {call}: the function contains a hook or other added code",
            "if you trust this code, start the AWS emulator with shield local --run-hooks",
        )
    if code in _WRONG_REGION:
        return AwsError(
            f"AWS refused {call}: {code}",
            "check that region in shield.toml is correct and enabled in the account",
        )
    if code in _INVALID_CREDENTIALS:
        return AwsError(
            f"AWS does not accept the credentials: {code}",
            "sign in again, then run the same command",
        )
    if code in _THROTTLED:
        return AwsError(f"AWS throttled {call}", _RETRY_HINT)
    if code == _NOT_FOUND:
        return AwsNotFoundError(f"AWS refused {call}: {code}", _RETRY_HINT)
    return AwsError(f"AWS refused {call}: {code}", _RETRY_HINT)
