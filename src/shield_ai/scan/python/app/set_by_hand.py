"""Find the variables that an app's documentation, scripts and manifests set by hand.

dokku config:set shop DATABASE_URL=postgres://...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader

TEXTS = regex(r"(?:.*/)?(?:README[^/]*|[^/]*\.(?:md|rst|txt|sh))")
MANIFESTS = regex(r".*\.ya?ml")
# Of Heroku, Dokku, Scalingo, Clever Cloud, Azure and Google Cloud.
COMMAND = regex(
    rb"\b(?:config|env):(?:set|add)\b|\benv-set\b|--(?:environment-variables|set-env-vars)\b"
)
ASSIGNMENT = regex(rb"\b([A-Z][A-Z0-9_]{1,80})=")
CONTINUATION = regex(rb"\\\r?\n")
# https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
CONTAINER_VARIABLE = regex(
    rb"""(?m)^[ \t]*-[ \t]+name:[ \t]*["']?([A-Z][A-Z0-9_]{1,80})["']?[ \t\r]*\n"""
    rb"""[ \t]+value(?:From)?:"""
)


def find_set_by_hand(paths: Iterable[str], read: FileReader) -> set[str]:
    """Return the variables that commands for a platform or Kubernetes manifests set.

    Args:
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
    """
    names: set[bytes] = set()
    for path in paths:
        if TEXTS.fullmatch(path):
            names.update(_in_commands(read(path) or b""))
        elif MANIFESTS.fullmatch(path):
            names.update(CONTAINER_VARIABLE.findall(read(path) or b""))
    return {name.decode() for name in names}


def _in_commands(raw: bytes) -> Iterator[bytes]:
    if COMMAND.search(raw):
        for line in CONTINUATION.sub(b" ", raw).splitlines():
            if COMMAND.search(line):
                yield from ASSIGNMENT.findall(line)
