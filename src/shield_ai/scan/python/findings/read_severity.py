"""Lower the severity of reads that another finding covers, or that production does not need."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.credential_pairs import find_pairs
from shield_ai.model.finding import Severity
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.secret_words import CHAT_SERVICES
from shield_ai.model.site import READ_SHAPES
from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set, words
from shield_ai.project.layout import is_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.model.site import FoundSite, Site

PASSWORD_NAME = re.compile(r"(?:\w+\.)*(?P<prefix>[A-Z][A-Z0-9_]*)_(?:PASSWORD|PASSWD|PASS|PWD)")
# The key that an app sends to a webhook, so that the URL alone is not enough. A secret only signs
# messages.
WEBHOOK_KEY = re.compile(
    r"(?P<prefix>(?:\w+_)?WEBHOOK)_(?:API_KEY|(?:AUTH_)?TOKEN|PASSWORD)", re.IGNORECASE
)
# Reasons for reads that production does not need, or of values that are public or no secrets.
LOW_REASONS = frozenset(
    {
        SkipId.IGNORED,
        SkipId.DEVELOPMENT_NAME,
        SkipId.DEVELOPMENT_FILE,
        SkipId.DEVELOPMENT_STAGE,
        SkipId.LOCAL_STAGE,
        SkipId.DEVELOPMENT_CLASS,
        SkipId.TEST_CLASS,
        SkipId.TEST_VALUE,
        SkipId.PUBLIC_KEY,
        SkipId.IN_BROWSER,
        SkipId.HARMLESS_BOOLEAN,
        SkipId.HARMLESS_LABEL,
        SkipId.HARMLESS_PATH,
        SkipId.TLS_KEY_PATH,
    }
)

# The main block of a file with one of these words in its name starts an app. The main block of
# another module is a manual test of the module.
ENTRY_POINTS = word_set("MAIN APP RUN MANAGE SERVER SERVE WSGI ASGI BOT WORKER CLI START")
# The main block of a file in one of these folders is a separate program.
SCRIPT_FOLDERS = word_set("scripts script bin tools jobs cron tasks commands")


class ReadSeverity:
    """Adjusts the severity of the reads of an app.

    Args:
        sites: All sites of the app.
        paths: The Python files of the app.
    """

    def __init__(self, sites: Sequence[FoundSite], paths: Iterable[str]) -> None:
        self._files = Counter(path.rpartition("/")[0] for path in paths)  # by folder
        reads = []
        for finding, site in sites:
            if site.shape in READ_SHAPES and site.variable and not site.is_only_tested:
                reads.append((finding.path, site.variable))
        self._passwords = _find_passwords(sites)
        self._secrets: dict[str, str] = {}  # the secret that belongs to each identifier
        for pair in find_pairs(reads):
            identifier, secret, *_ = pair.fields.values()
            if meaning(identifier) is Meaning.IDENTIFIER or "client_id" in pair.fields:
                self._secrets[identifier] = secret

    def grade(self, finding: Finding, site: Site) -> Finding:
        """Return a finding, with a low severity if another finding is more important.

        The severity is low for:
        - tests whether a variable is set, also under computed names
        - URLs beside the password of the same server, or the key of the same webhook
        - identifiers beside their secrets, such as the ID of an access key
        - names of secrets or projects, and public values
        - reads for development and tests, and in the main block of a module
        """
        if site.shape not in READ_SHAPES or finding.severity is Severity.LOW:
            return finding
        if site.is_only_tested and site.variable:
            return _lower(finding, f"{site.variable} is only tested here")
        if password := self._password_beside(finding, site):
            name = site.variable or finding.name
            return _lower(finding, f"{name} is a URL beside {password}")
        secret = self._secrets.get(site.variable)
        if secret:
            return _lower(finding, f"{site.variable} belongs to the same secret as {secret}")
        if _is_minor(site) or self._is_manual_test(finding, site):
            return msgspec.structs.replace(finding, severity=Severity.LOW)
        return finding

    def _is_manual_test(self, finding: Finding, site: Site) -> bool:
        """Return whether a read is in the main block of a module that others may import."""
        if not site.in_script_block or _starts_app(finding.path):
            return False
        is_alone = self._files[finding.path.rpartition("/")[0]] == 1
        return not is_alone or is_settings(finding.path)

    def _password_beside(self, finding: Finding, site: Site) -> str:
        """Return the password or key that the same file reads for the server of a URL; else empty.

        A connection URI contains the password, and replaces the separate variables:
        https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
        """
        for name in (site.variable, finding.name):
            prefix, _, ending = name.rpartition("_")
            is_server = meaning(name) is Meaning.URL and ending.upper() != "URI"
            if is_server or _is_webhook(name):
                if prefix and (password := self._passwords.get((finding.path, prefix))):
                    return password
        return ""


def _find_passwords(sites: Iterable[FoundSite]) -> dict[tuple[str, str], str]:
    """Map the path and the prefix of each password, and of each key for a webhook, to its name."""
    found: dict[tuple[str, str], str] = {}
    for finding, site in sites:
        if site.shape not in READ_SHAPES:
            continue
        for name in (finding.name, site.variable):
            match = PASSWORD_NAME.fullmatch(name) or WEBHOOK_KEY.fullmatch(name)
            if match:
                found[finding.path, match["prefix"]] = name
    return found


def _is_webhook(name: str) -> bool:
    """Return whether a value is the URL of a webhook, not of a chat: that one has a token."""
    parts = words(name)
    return parts[-2:] == ("WEBHOOK", "URL") and CHAT_SERVICES.isdisjoint(parts)


def _lower(finding: Finding, message: str) -> Finding:
    return msgspec.structs.replace(finding, severity=Severity.LOW, message=message)


def _is_minor(site: Site) -> bool:
    """Return whether production does not need a read, or its value only names something."""
    if site.reason and site.reason.id in LOW_REASONS:
        return True
    if site.is_only_tested and site.possible_variables:
        return True
    return site.names_secret or words(site.variable)[-2:] == ("PROJECT", "KEY")


def _starts_app(path: str) -> bool:
    """Return whether a file starts an app or is a script, by its name or its folder."""
    folder, _, name = path.rpartition("/")
    if folder.rpartition("/")[2] in SCRIPT_FOLDERS:
        return True
    return not ENTRY_POINTS.isdisjoint(words(name.removesuffix(".py")))
