"""Find the variables that contain no secrets, by their values in files such as .env.example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.value_shapes import PUBLIC_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.skip import SkipReason

EXAMPLE_NAME = regex(r"(?=.*env)(?=.*(?:example|sample|dist|template|tmpl))[\w.-]+")
ASSIGNMENT = regex(r"(?:# ?)?(?:export )?([A-Za-z_]\w*) ?= ?['\"]?(\S+)")
BOOLEAN = regex(r"(?i)true|false")
PATH = regex(r"(?:~|\.{0,2})/[\w./-]{1,400}\.(?:pem|key|crt|cer|cert|p12|pfx|json|txt)")
# Of a service account: https://cloud.google.com/iam/docs/service-account-overview
EMAIL = regex(r"[\w.<>-]{1,100}@[\w.<>-]{1,100}\.gserviceaccount\.com")
# A server without a password, if the variable can contain a URL.
HOST_AND_PORT = regex(r"[A-Za-z][\w.-]{0,100}:\d{2,5}")
MAX_SIZE = 200_000  # bytes


def explain_examples(paths: Iterable[str], read: FileReader) -> dict[str, SkipReason]:
    """Map variables to the reason not to migrate them: a public key, a path and so on.

    If two files have different values, the last one in alphabetical order counts.

    Args:
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
    """
    reasons: dict[str, SkipReason] = {}
    for path in sorted(paths):
        name = path.rpartition("/")[2].lower()
        if "env" not in name or not EXAMPLE_NAME.fullmatch(name):
            continue
        raw = read(path) or b""
        if len(raw) <= MAX_SIZE:
            reasons.update(_explain_values(raw.decode("utf-8", "replace")))
    return reasons


def _explain_values(text: str) -> Iterator[tuple[str, SkipReason]]:
    for line in text.splitlines():
        assignment = ASSIGNMENT.match(line)
        if not assignment:
            continue
        variable, value = assignment[1], assignment[2].rstrip("'\"")
        if PUBLIC_KEY.match(value):
            yield variable, SkipId.PUBLIC_KEY.reason()
        elif PATH.fullmatch(value):
            yield variable, SkipId.HARMLESS_PATH.reason()
        elif EMAIL.fullmatch(value) or _is_server(variable, value):
            yield variable, SkipId.HARMLESS_LABEL.reason()
        elif BOOLEAN.fullmatch(value):
            yield variable, SkipId.HARMLESS_BOOLEAN.reason()


def _is_server(variable: str, value: str) -> bool:
    return meaning(variable) is Meaning.URL and bool(HOST_AND_PORT.fullmatch(value))
