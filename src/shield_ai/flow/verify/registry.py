"""Find the checks of `shield verify` in the modules of this package, and run them in order."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.flow import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.app_options import SettingsOptions
    from shield_ai.flow.verify.check import Check, CheckInfo
    from shield_ai.flow.verify.role import SecretReads
    from shield_ai.model.manifest import Manifest


class CodeCheck(NamedTuple):
    """Checks of the app's files."""

    order: int  # the position in the output
    run: Callable[[AppContext], Iterable[Check]]
    makes: tuple[CheckInfo, ...]  # the checks that `run` can yield


@dataclasses.dataclass(frozen=True, kw_only=True)
class AwsTarget:
    """An account to check, and the app that uses it."""

    app: AppContext
    aws: Account
    manifest: Manifest  # with the settings of the environment
    reads: SecretReads
    settings: SettingsOptions


class AwsCheck(NamedTuple):
    """Checks of the account."""

    order: int  # the position in the output
    run: Callable[[AwsTarget], Iterable[Check]]
    makes: tuple[CheckInfo, ...]  # the checks that `run` can yield


def find_checks() -> list[CodeCheck | AwsCheck]:
    """Return the `CHECKS` of all modules of the package, in order."""
    found: list[CodeCheck | AwsCheck] = []
    for module in pkgutil.iter_modules(verify.__path__):
        imported = importlib.import_module(f"{verify.__name__}.{module.name}")
        found += getattr(imported, "CHECKS", ())
    return sorted(found, key=lambda check: check.order)
