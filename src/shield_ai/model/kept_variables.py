"""The variables that other readers need in production after the code reads secrets from AWS."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

MAX_FILES = 5  # that a sentence names


class KeptVariables(NamedTuple):
    """The variables that must stay set, by their reader, and those that code passes on from AWS."""

    in_code: Sequence[str] = ()  # code that is not changed reads them
    passed_on: Sequence[str] = ()  # Docker Compose passes them to services other than the app
    in_commands: Mapping[str, Sequence[str]] = MappingProxyType({})  # `path:line` of scripts
    injected: Mapping[str, Sequence[str]] = MappingProxyType({})  # `path:line` of other code
    aws_readers: Sequence[str] = ()  # files whose code reads parameters or secrets from AWS
    # by variable: the variable that a script sets from it, and the path of the script
    parts: Mapping[str, tuple[str, str]] = MappingProxyType({})

    def sentences(self, quote: Callable[[str], str] = str) -> Iterator[str]:
        """Yield a sentence for each kind of reader, without its period.

        Args:
            quote: Formats the name of a variable or file.
        """
        if self.in_code:
            names = _listed(self.in_code, quote)
            yield f"Keep {names} set: code that is not changed reads {_pronoun(self.in_code)}"
        if self.passed_on:
            names, pronoun = _listed(self.passed_on, quote), _pronoun(self.passed_on)
            yield (
                f"Keep {names} in the env file of Docker Compose, which passes {pronoun} to other"
                " services"
            )
        if self.in_commands:
            names, pronoun = _listed(self.in_commands, quote), _pronoun(self.in_commands)
            files = _files(self.in_commands.values())
            verb = "reads" if len(files) == 1 else "read"
            yield f"Keep {names} set for {_shortened(files, quote)}, which {verb} {pronoun}"
        for name, (whole, path) in self.parts.items():
            yield (
                f"Keep {quote(name)} set, and change it whenever {quote(whole)} changes in AWS:"
                f" {quote(path)} uses it"
            )
        if self.injected:
            names, files = _listed(self.injected, quote), _files(self.injected.values())
            kept = ""
            if self.aws_readers:
                kept = f", and keep those that {_shortened(self.aws_readers, quote)} may read"
            yield (
                f"Remove the entries of {names} from {_shortened(files, quote)} before you delete"
                f" the parameters or secrets in AWS that they name{kept}"
            )


def _listed(names: Iterable[str], quote: Callable[[str], str]) -> str:
    return ", ".join(map(quote, names))


def _shortened(files: Sequence[str], quote: Callable[[str], str]) -> str:
    shown = _listed(files[:MAX_FILES], quote)
    return shown if len(files) <= MAX_FILES else f"{shown} and {len(files) - MAX_FILES} more"


def _pronoun(names: Collection[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _files(places: Iterable[Sequence[str]]) -> list[str]:
    """Return the files of places, each once."""
    return list(dict.fromkeys(place.rpartition(":")[0] for found in places for place in found))
