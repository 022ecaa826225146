"""Find the variables that must stay in the environment, from all reads and files of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.app.addon_variables import find_addon_fallbacks, find_addon_names
from shield_ai.scan.python.app.cross_file import RESERVED, ProjectContext
from shield_ai.scan.python.app.deleted_variables import find_deleted_variables
from shield_ai.scan.python.app.documented_logins import find_documented_logins
from shield_ai.scan.python.app.example_values import explain_examples
from shield_ai.scan.python.app.heroku_variables import find_heroku_variables
from shield_ai.scan.python.app.public_keys import (
    find_browser_variables,
    find_published_keys,
    find_site_keys,
)
from shield_ai.scan.python.app.separate_logins import find_separate_logins
from shield_ai.scan.python.app.stored_variables import find_stored_variables
from shield_ai.scan.python.app.tls_keys import find_tls_key_paths
from shield_ai.scan.python.app.written_variables import find_written_variables

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import SkipReason

# https://docs.aws.amazon.com/boto3/latest/guide/credentials.html
SIGN_IN_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
# A variable with an ARN: its name in quotes, or a field of a settings class.
ARN_NAME = regex(
    rb"""(?m)["']([A-Z][A-Z0-9_]{0,80})_ARN["']|^[ \t]+(\w{1,80})_(?:arn|ARN)[ \t]*:"""
)


def find_reserved_variables(paths: Collection[str], read: FileReader) -> dict[str, SkipReason]:
    """Map each variable that must stay in the environment to the reason, based on the app's files.

    Args:
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
    """
    return {
        **dict.fromkeys(find_published_keys(paths, read), SkipId.PUBLIC_KEY.reason()),
        **find_browser_variables(paths, read),
        **explain_examples(paths, read),
        **find_heroku_variables(paths, read),
        **dict.fromkeys(SIGN_IN_KEYS, SkipId.SIGNS_IN.reason()),
        **RESERVED,
    }


def find_context(
    paths: Collection[str],
    read: FileReader,
    manifest_variables: Collection[str],
    ignored: Collection[str],
) -> ProjectContext:
    """Return what is known about the variables of an app before its files are scanned.

    Args:
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
        manifest_variables: Variables in shield.toml; they count as secrets.
        ignored: Variables that shield.toml ignores; their reads are not fixable.
    """
    reserved = find_reserved_variables(paths, read)
    for variable in manifest_variables:
        reserved.pop(variable, None)
    return ProjectContext(
        ignored=frozenset(ignored),
        reserved=reserved,
        named=frozenset(manifest_variables),
        secrets_by_file=find_documented_logins(paths, read)
        | {
            variable: f"{path} takes {variable} from a secret store"
            for variable, path in find_stored_variables(paths, read).items()
        },
    )


def reserve_variables(
    context: ProjectContext,
    sites: Sequence[FoundSite],
    manifest_variables: Collection[str],
    contents: Sequence[tuple[str, bytes]],
) -> None:
    """Add to the context the variables that stay in the environment, with the reasons.

    Args:
        context: What the scan has collected.
        sites: All sites of the app.
        manifest_variables: Variables in shield.toml; they are migrated unless the app sets or
            deletes them.
        contents: Path and content of the files that may read or set variables.
    """
    by_name = dict.fromkeys(
        find_site_keys({site.variable for _, site in sites}), SkipId.PUBLIC_KEY.reason()
    )
    reads = {variable for _, site in sites for variable in site.variables}
    found = by_name | find_tls_key_paths(sites, contents)
    found |= find_separate_logins(sites, contents) | _managed_by_aws(reads, contents)
    found |= find_addon_names(reads) | _read_with_another(sites)
    found |= find_addon_fallbacks(sites, contents, context.reserved | found)
    for variable, reason in found.items():
        if variable not in manifest_variables:
            context.reserved.setdefault(variable, reason)
    context.reserved |= find_deleted_variables(contents, reads)
    context.reserved |= find_written_variables(contents, reads)


def _read_with_another(sites: Sequence[FoundSite]) -> dict[str, SkipReason]:
    """Map the variables that a helper can read instead of another one to the helper's reason.

    That call stays as it is. If other reads of the variable were migrated, parts of the app would
    have different values after a rotation.
    """
    return {
        variable: site.reason
        for _, site in sites
        if site.reason and site.reason.id is SkipId.SEVERAL_VARIABLES
        for variable in site.reason.kept
    }


def _managed_by_aws(
    reads: Collection[str], contents: Sequence[tuple[str, bytes]]
) -> dict[str, SkipReason]:
    """Map the variables for which the app also reads NAME_ARN to the reason to skip them.

    AWS Copilot injects such a secret itself. A copy would be outdated after the first rotation.
    """
    with_arn: set[str] = set()
    for _, raw in contents:
        if b"_ARN" in raw or b"_arn" in raw:
            with_arn.update(b"".join(match).decode().upper() for match in ARN_NAME.findall(raw))
    return {
        variable: SkipId.READS_AWS.reason(
            reader="the app", service=f"{variable}_ARN, so AWS manages it"
        )
        for variable in sorted(with_arn.intersection(reads))
    }
