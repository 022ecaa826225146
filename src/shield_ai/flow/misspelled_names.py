"""Find the get_secret() calls with a name that is probably a misspelled one of shield.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.naming import env_var_name
from shield_ai.model.suggestion import did_you_mean
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.secret_map import SecretMap, read_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.flow.app_context import AppContext
    from shield_ai.scan.python.visit.secret_call import SecretCall

# Other secrets have similar names, such as stripe-key beside stripe-api-key.
SIMILARITY = 0.85
DIGITS = regex(r"\d")


class MisspelledName(NamedTuple):
    """A name in a call that shield.toml does not list, although it lists a similar one."""

    call: SecretCall
    suggestion: str  # 'did you mean "sentry-dsn"?'

    @property
    def text(self) -> str:
        """The place, the name and the suggestion."""
        [name] = self.call.names
        return f"{self.call.place} reads {name}, which is not in shield.toml: {self.suggestion}"


def find_misspelled_names(app: AppContext) -> Iterator[MisspelledName]:
    """Yield the calls with a name that is not in shield.toml, but similar to one there.

    Names in the map file are not reported: apply replaces them in the code.

    Args:
        app: The app.
    """
    manifest = app.manifest
    names = {secret.name for secret in manifest.secret}
    current = read_map(app.tree.read, manifest.app.runtime) or SecretMap()
    known = {*names, *current.secrets, *manifest.variables(), *map(env_var_name, names)}
    for call in app.scan_result.secret_calls:
        name = call.names[0] if len(call.names) == 1 else ""
        if not name or name in known or name.rpartition("/")[2] in known:
            continue
        suggestion = did_you_mean(name, with_same_digits(name, names), SIMILARITY)
        if suggestion:
            yield MisspelledName(call, suggestion)


def with_same_digits(name: str, choices: Iterable[str]) -> Iterator[str]:
    """Yield the choices with the same numbers as a name: key-1 is no misspelling of key-2."""
    digits = DIGITS.findall(name)
    return (choice for choice in choices if DIGITS.findall(choice) == digits)
