"""Show the message of an exception that the app's settings raised, without values.

The message comes from the app: it can quote a value, or anything else. Only names of variables and
words of `WORDS` are shown; everything else is hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.hidden import MASK
from shield_ai.model.printable import printable
from shield_ai.model.words import word_set
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

MAX_INPUT = 2000  # characters of the message
MAX_OUTPUT = 160
MAX_FIELDS = 10
MIN_PART = 8  # characters; shorter values are hidden only as whole words
# Words of messages about missing or invalid settings, and of messages of the standard library.
WORDS = word_set("""
    a add all allowed already also an and another any app application apps are aren't argument as
    at attribute base be because before boolean but by byte bytes callable can can't cannot change
    character class codec command config configuration configured connect connection convert could
    couldn't create database declare declared decode default define defined denied depth
    development directory does doesn't don't either empty enclosed enough env environ environment
    envvar error errors exceeded exist exists expected expecting expects export expression failed
    fails field file find folder for forgot format found from function get got has have host if
    import improperly in index input inside installed int integer invalid is isn't it iterable its
    key keyword known length like line literal load loaded loads local long mandatory mapping may
    message missing mode module more multiple must name named names needs never no none nonetype
    not null object of on one only or out padding parse pass password path permission please port
    position positional production property provide provided python quotes raise range read reads
    ready recursion refused requested required requires result run secret see server service set
    setting settings shield should show so specified specify staging start str string subscriptable
    such syntax temporary test than that the this timed to token true type unable undefined
    unexpected unknown unpack unset unsupported uri url usable use used user uses using valid
    validation value values variable variables was were when while with without yet you your
""")
# What an unknown name of a variable must look like to be shown: uppercase words. One of them may
# end in a short number, as in AWS_S3_BUCKET.
WORD = r"[A-Z]{1,15}"
NUMBERED = r"[A-Z]{1,6}[0-9]{1,2}"
NAME = regex(
    rf"[A-Z]{{2,15}}(?:_{WORD}){{1,6}}"
    rf"|{NUMBERED}(?:_{WORD}){{1,6}}"
    rf"|(?:{WORD}_){{1,6}}{NUMBERED}(?:_{WORD}){{1,6}}"
    rf"|{WORD}_(?:{WORD}_){{1,5}}{NUMBERED}"
)
FIELD = regex(r"[A-Za-z_]\w{0,60}(?:\.[A-Za-z_]\w{0,60}){0,4}")
CHUNK = regex(r"[^\s()\[\]{}<>,;:=!?\"`]+")
EDGES = ".'"
MASKS = regex(rf"{MASK}(?:[\s\S]{{0,3}}{MASK})+")


def show_message(message: str, names: Collection[str], values: Iterable[str]) -> str:
    """Return a short printable form of a message, with everything hidden that may be a value.

    Args:
        message: The message.
        names: Known names of variables.
        values: Values that the message must not contain.
    """
    hidden = {value.strip() for value in values} - {""}
    known = set(names)

    def show(chunk: str) -> str:
        word = chunk.strip(EDGES)
        is_name = word in known or NAME.fullmatch(word) is not None
        if word in hidden or chunk in hidden or not (is_name or word.lower() in WORDS):
            return MASK
        return chunk

    text = CHUNK.sub(lambda match: show(match[0]), message[:MAX_INPUT])
    text = MASKS.sub(MASK, " ".join(text.split()))
    if any(_spans_words(value) and value in text for value in hidden):
        return MASK
    if len(text) > MAX_OUTPUT:
        text = text[:MAX_OUTPUT].rpartition(" ")[0] + " …"
    return printable(text)


def names_variable(shown: str, names: Collection[str]) -> bool:
    """Return whether a message contains the name of a variable.

    Args:
        shown: From `show_message`.
        names: Known names of variables.
    """
    words = (match[0].strip(EDGES) for match in CHUNK.finditer(shown))
    return any(word in names or NAME.fullmatch(word) for word in words)


def show_fields(fields: Sequence[str], values: Iterable[str]) -> str:
    """Return a message with the fields that an error names; empty if none of them may be shown.

    Args:
        fields: The fields of settings classes, which come from the app.
        values: Values that the message must not contain.
    """
    hidden = {value.strip() for value in values} - {""}
    shown = []
    for field in dict.fromkeys(fields):
        has_value = any(
            value in field.split(".") or (len(value) >= MIN_PART and value in field)
            for value in hidden
        )
        if FIELD.fullmatch(field) and not has_value:
            shown.append(field)
    if not shown:
        return ""
    names = ", ".join(shown[:MAX_FIELDS])
    rest = f" and {len(shown) - MAX_FIELDS} more" if len(shown) > MAX_FIELDS else ""
    return f"missing or invalid: {names}{rest}"


def _spans_words(value: str) -> bool:
    return CHUNK.fullmatch(value) is None
