"""Make the new secrets optional whose variables the app's own env file leaves empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.draft.development_defaults import NEEDED_KINDS
from shield_ai.flow.draft.main_database import is_main_database
from shield_ai.flow.value_sources import empty_app_variables
from shield_ai.model.deployment import DeploymentKind, Use, ValueForm
from shield_ai.model.file_reader import read_optional
from shield_ai.model.finding import Kind
from shield_ai.model.rotation_policy import is_own_key
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.deployment import Deployment, DeploymentVariable
    from shield_ai.model.manifest import Secret
    from shield_ai.project.tree import Tree

NOTE = "{name}: optional, because {variables} {verb} empty in the app's .env file"
PASSED_ON = (
    "{names}: required, although {path} passes on an empty value if it has no other; if the app"
    " works without it, set optional = true in shield.toml"
)
# Compose stops if such a variable is empty. https://docs.docker.com/reference/compose-file/interpolation/
DEMANDED = regex(rb"\$\{\w{1,200}:?\?")


def with_optional_empty(
    secrets: Sequence[Secret], tree: Tree, settings: Sequence[str]
) -> tuple[list[Secret], list[str]]:
    """Return the new secrets with such ones as optional, and a line for each of them.

    The app works with an empty value, which AWS can't store. Logins of the main database and the
    app's own keys stay required.

    Args:
        secrets: The new secrets.
        tree: The app's folder.
        settings: The paths of the settings files.
    """
    empty = empty_app_variables(tree, settings)
    drafted: list[Secret] = []
    lines: list[str] = []
    for secret in secrets:
        if empty.issuperset(secret.variables()) and _may_be_empty(secret):
            names = list(secret.variables())
            verb = "is" if len(names) == 1 else "are"
            lines.append(NOTE.format(name=secret.name, variables=" and ".join(names), verb=verb))
            drafted.append(msgspec.structs.replace(secret, optional=True))
        else:
            drafted.append(secret)
    return drafted, lines


def _may_be_empty(secret: Secret) -> bool:
    """Return False if an app that starts without a secret is not safe, or uses other data."""
    if secret.optional is not None:
        return False
    is_needed = secret.kind in NEEDED_KINDS or is_own_key(secret)
    return not is_needed and not is_main_database(secret)


def passed_on_lines(secrets: Sequence[Secret], deployment: Deployment, tree: Tree) -> Iterator[str]:
    """Yield a line for each Compose file that may set required API keys to an empty value.

    Args:
        secrets: The new secrets.
        deployment: The places that set their variables.
        tree: The app's folder.
    """
    names: dict[str, dict[str, None]] = {}
    required = {s.name for s in secrets if s.kind is Kind.API_KEY and not s.optional}
    for item in deployment.variables:
        if item.secret in required and item.use is Use.PRODUCTION and _may_pass_empty(item, tree):
            names.setdefault(item.path, {})[item.secret] = None
    for path, found in names.items():
        yield PASSED_ON.format(names=", ".join(found), path=path)


def _may_pass_empty(item: DeploymentVariable, tree: Tree) -> bool:
    if item.kind is not DeploymentKind.COMPOSE or item.form is not ValueForm.REFERENCE:
        return False
    lines = (read_optional(tree.read, item.path) or b"").splitlines()
    return len(lines) >= item.line and DEMANDED.search(lines[item.line - 1]) is None
