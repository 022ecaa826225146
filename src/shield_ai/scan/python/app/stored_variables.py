"""Find the variables that deployment files take from a secret store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.secret_words import HARMLESS_ENDS, SWITCHES
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.classify.candidates import is_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader

WORKFLOWS = ".github/workflows/"
PUBLIC_KEYS = {("PUBLIC", "KEY"), ("SITE", "KEY"), ("PUBLISHABLE", "KEY")}
# At the end of a name that is not secret-like by other rules.
PUBLIC_ENDS = word_set("""
    URL URI BASE VERSION DOMAIN METHOD ORG OWNER MAINTAINER DATABASE SERVICE PROJECT TENANT
    NAMESPACE CLUSTER SERVER SERVERS REGISTRY REPOSITORY CHANNEL
""")
SUFFIXES = (".json", ".yml", ".yaml")
MAX_SIZE = 200_000  # bytes
MARK = regex(rb"[vV]alueFrom|\bsecrets\.")
_NAME = rb"(?P<name>[A-Z_][A-Z0-9_]{0,100})"
# Kubernetes reads other sources in the same form: configMapKeyRef, fieldRef, resourceFieldRef.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
# https://kubernetes.io/docs/concepts/configuration/secret/
_SOURCE = rb"[vV]alueFrom\"?\s{0,4}:(?!\s{0,200}\{?\s{0,80}\"?(?:configMap|field|resourceField))"
# https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/use-secrets
_REFERENCE = rb"[\"']?\$\{\{\s{0,8}secrets\.\w{1,100}\s{0,8}\}\}"
FORMS = (
    regex(rb"[nN]ame\"?\s{0,4}:\s{0,4}[\"']?" + _NAME + rb"[\"']?,?\s{1,200}\"?" + _SOURCE),
    regex(_SOURCE + rb"\s{0,4}\"[^\"\n]{1,400}\"\s{0,4},\s{0,200}\"[nN]ame\":\s{0,4}\"" + _NAME),
    regex(rb"(?m)^[ \t]{0,80}" + _NAME + rb":[ \t]{0,20}" + _REFERENCE),
)


def find_stored_variables(paths: Iterable[str], read: FileReader) -> dict[str, str]:
    """Map variables to the deployment file that takes them from a secret store.

    Args:
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
    """
    found: dict[str, str] = {}
    for path in sorted(filter(_may_deploy_app, paths)):
        for variable in _variables(read(path) or b""):
            if _may_be_secret(variable):
                found.setdefault(variable, path)
    return found


def _may_deploy_app(path: str) -> bool:
    """Return whether a file may deploy the app. A workflow for tests can use harmless values."""
    is_test = path.startswith(WORKFLOWS) and "TEST" in words(path.rpartition("/")[2])
    return path.endswith(SUFFIXES) and not is_test


def _variables(raw: bytes) -> Iterator[str]:
    if len(raw) <= MAX_SIZE and MARK.search(raw):
        for form in FORMS:
            for match in form.finditer(raw):
                yield match["name"].decode()


def _may_be_secret(variable: str) -> bool:
    """Return False for a flag and for a host, a region, a choice or another public value."""
    parts = words(variable)
    if not parts or parts[0] in SWITCHES or parts[-2:] in PUBLIC_KEYS:
        return False
    while len(parts) > 1 and parts[-1].isdigit():
        parts = parts[:-1]
    return not is_endpoint(parts) and parts[-1] not in HARMLESS_ENDS | PUBLIC_ENDS
