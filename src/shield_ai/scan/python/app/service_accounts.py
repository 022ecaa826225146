"""Find the service account variables that contain the path of a key file, or an email address.

`GOOGLE_SERVICE_ACCOUNT` can be the JSON key of an account of Google Cloud, the path of the file
with it, or the email address that names the account. The code that uses the setting shows which:
https://google-auth.readthedocs.io/en/latest/reference/google.oauth2.service_account.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.model.words import words
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import SkipReason

MARK = b"ACCOUNT"
_SETTING = rb"(?:str\()?(?:[A-Za-z_]\w{0,60}\.){0,3}([A-Za-z_]\w{0,60}ACCOUNT)\b"
PATH_USE = regex(
    rb"\b(?:(?:from|load|read|parse|open)_(?:\w{1,40}_)?(?:file|filename|path)\(|open\(|Path\("
    rb"|path\.\w{1,20}\(|\w{0,40}_?(?:file|filename|path)\s?=)\s{0,40}" + _SETTING
)
EMAIL_USE = regex(rb"\b(?:service_account|service_account_email|subject)\s?=\s{0,40}" + _SETTING)


def find_account_names(
    sites: Iterable[FoundSite], paths: Iterable[str], read: FileReader
) -> dict[str, SkipReason]:
    """Map the variables with the path or the email of an account to the reason to skip them.

    Args:
        sites: All sites of the app.
        paths: The Python files of the app.
        read: Returns the bytes of a file; None if it can't be read.
    """
    settings: dict[bytes, str] = {}  # setting or local name -> variable
    for finding, site in sites:
        if words(site.variable)[-2:] == ("SERVICE", "ACCOUNT"):
            settings[site.variable.encode()] = site.variable
            settings[finding.name.encode()] = site.variable
    reasons: dict[str, SkipReason] = {}
    for path in sorted(paths) if settings else ():
        raw = read(path) or b""
        if MARK not in raw:
            continue
        for pattern, case in ((PATH_USE, SkipId.HARMLESS_PATH), (EMAIL_USE, SkipId.HARMLESS_LABEL)):
            for name in pattern.findall(raw):
                if name in settings:
                    reasons.setdefault(settings[name], case.reason())
    return reasons
