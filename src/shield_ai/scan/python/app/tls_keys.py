"""Find the variables with the path of a TLS key: those beside the variable of its certificate.

For example, `SHOP_SSL_KEY` beside `SHOP_SSL_CERTIFICATE`. A library loads both from files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.site import READ_SHAPES
from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import SkipReason

# Without one of these words, the variable can contain the key itself in PEM format, as with SAML.
TLS_WORDS = word_set("SSL TLS MTLS HTTPS CLIENT")
KEY = "KEY"
CERTIFICATES = tuple(
    f"{word}{ending}"
    for word in ("CERT", "CERTIFICATE", "CRT", "CA", "CA_CERT", "CA_CERTS", "CACERT")
    for ending in ("", "FILE", "_FILE", "_PATH")
)


# A name in a tuple, a list or a dict.
LISTED = regex(rb"[(\[{,:]\s{0,40}([A-Za-z_][\w.]{0,200})(?=\s{0,40}[)\]},])")
# The code decodes a name, such as a loop variable.
DECODED_NAME = regex(rb"b64decode\(\s{0,40}[A-Za-z_]\w{0,60}\s{0,40}[,)]")


def find_tls_key_paths(
    sites: Sequence[FoundSite], contents: Iterable[tuple[str, bytes]] = ()
) -> dict[str, SkipReason]:
    """Map the variables with the path of a TLS key to the reason not to migrate them.

    A variable is left out if the code decodes or changes its value, which is then not a path.

    Args:
        sites: All sites of the app, also those of variables that are not secrets.
        contents: Path and content of the files that may read variables.
    """
    changed = _changed_keys(sites, contents)
    read: dict[str, set[str]] = {}  # variables by file
    keys: list[tuple[str, str]] = []
    for finding, site in sites:
        if site.shape not in READ_SHAPES:
            continue
        read.setdefault(finding.path, set()).add(site.variable.upper())
        if site.variable.upper().endswith(f"_{KEY}"):
            keys.append((finding.path, site.variable))
    reasons: dict[str, SkipReason] = {}
    for path, variable in keys:
        certificate = _certificate_of(variable, read[path])
        if certificate and variable not in changed:
            reasons.setdefault(variable, SkipId.TLS_KEY_PATH.reason(other=certificate))
    return reasons


def _changed_keys(sites: Iterable[FoundSite], contents: Iterable[tuple[str, bytes]]) -> set[str]:
    """Return the variables with values that the code decodes or changes."""
    listed = {path: set(LISTED.findall(raw)) for path, raw in contents if DECODED_NAME.search(raw)}
    changed = set()
    for finding, site in sites:
        is_listed = finding.name.encode() in listed.get(finding.path, ())
        if site.shape in READ_SHAPES and (is_listed or not site.is_assigned_directly):
            changed.add(site.variable)
    return changed


def _certificate_of(variable: str, read: set[str]) -> str:
    """Return the variable of the certificate that belongs to a TLS key, or an empty text."""
    if TLS_WORDS.isdisjoint(words(variable)):
        return ""
    prefix = variable.upper().removesuffix(KEY)
    return next((prefix + name for name in CERTIFICATES if prefix + name in read), "")
