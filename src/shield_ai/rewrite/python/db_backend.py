"""Let each new connection of Django's read the password of that moment, where shield.toml rotates it.

ENGINE becomes the backend of ours that is Django's own with credentials read anew, and SECRET names where they are.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.edit import Edit, Skipped
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation
from shield_ai.model.naming import MANIFEST, env_var_name

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from shield_ai.model.finding import Site
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.imports import Names

ENGINES = {
    "django.db.backends.postgresql": "postgresql",
    # its name until Django 1.9, taken until 3.0
    "django.db.backends.postgresql_psycopg2": "postgresql",
    "django.db.backends.mysql": "mysql",
}
LATE = "a new password is read at a restart only"
# what the backend takes where SECRET_FIELDS says nothing
FIELDS = {"USER": "username", "PASSWORD": "password"}
Item = tuple[ast.expr, ast.expr]  # key and value of a dict


class Swap(msgspec.Struct, kw_only=True):
    """What becomes of the databases of one file."""

    edits: list[Edit] = []
    skipped: list[Skipped] = []
    engines: set[str] = set()  # the backends of ours that it uses: "postgresql", "mysql"
    seen: set[str] = set()  # secrets whose database stands here, swapped or not


def rotating(manifest: Manifest, kinds: Container[Kind] = (Kind.DATABASE,)) -> list[Secret]:
    """Return the databases that rotate by what the user has set up; what a draft proposes alone changes no engine."""
    by_aws = manifest.rotation is not None
    found = ((s, s.rotate) for s in manifest.secret if s.kind in kinds)
    return [
        s
        for s, rotate in found
        if isinstance(rotate, Rotation) and (by_aws or rotate.strategy or rotate.admin)
    ]


def backend(module: str, engine: str) -> str:
    """Name the backend of ours.

    Args:
        module: Where the runtime is imported from.
        engine: "postgresql" or "mysql".
    """
    return f"shield_ai.django.{engine}" if module == "shield_ai" else f"{module}_{engine}"


def swap(source: Source, sites: Iterable[Site], manifest: Manifest, names: Names) -> Swap:
    """Swap the engine of each database in a file whose password rotates.

    Args:
        source: The file.
        sites: What is wrapped in it.
        manifest: Which secret each variable belongs to.
        names: How the file calls the runtime, and where from.
    """
    module, get = names.module, names.get
    wrapped = {(site.start, site.end): site.variable for site in sites if not site.reason}
    out = Swap()
    secrets = rotating(manifest)
    for node in ast.walk(source.tree) if secrets else ():
        if not isinstance(node, ast.Dict):
            continue
        items = _items(node)
        password = _field(source, items.get("PASSWORD"), wrapped, manifest, get)
        if password is None or password[0] not in secrets:
            continue
        secret = password[0]
        out.seen.add(secret.name)
        engine = items.get("ENGINE")
        reason = _why_not(source, engine, module)
        if reason or engine is None:
            reason = f"{LATE}: {reason}"
            out.skipped.append(
                Skipped(path=source.path, line=node.lineno, name=secret.name, reason=reason)
            )
            continue
        user = _field(source, items.get("USER"), wrapped, manifest, get)
        fields = {"USER": user[1]} if user and user[0] == secret else {}
        out.engines.add(_engine(engine[1], module))
        out.edits += _edits(source, items, secret.name, {**fields, "PASSWORD": password[1]}, module)
    return out


def unseen(manifest: Manifest, seen: set[str]) -> Iterator[Skipped]:
    """Say of which databases no settings were found that an engine could be swapped in.

    Args:
        manifest: What rotates.
        seen: The secrets whose database stands somewhere as a dict.
    """
    for secret in rotating(manifest, (Kind.DATABASE, Kind.URL)):
        if secret.name not in seen:
            why = (
                "it is a URL"
                if secret.kind is Kind.URL
                else "its settings are no dict with ENGINE and PASSWORD"
            )
            yield Skipped(path=MANIFEST, line=0, name=secret.name, reason=f"{LATE}: {why}")


def _items(node: ast.Dict) -> dict[str, Item]:
    """Return the items of a dict whose keys are texts."""
    items = zip(node.keys, node.values, strict=True)
    return {str(key.value): (key, value) for key, value in items if isinstance(key, ast.Constant)}


def _field(
    source: Source,
    item: Item | None,
    wrapped: dict[tuple[int, int], str],
    manifest: Manifest,
    get: str,
) -> tuple[Secret, str] | None:
    """Find the secret, and the field of it, that a part of a database is read from, now or by this rewrite."""
    if item is None:
        return None
    first, last = source.span(item[1])
    variables = [
        variable for (start, end), variable in wrapped.items() if first <= start and end <= last
    ]
    for call in (
        n
        for n in ast.walk(item[1])
        if isinstance(n, ast.Call) and n.args and ast.unparse(n.func) == get
    ):
        env = next((k.value for k in call.keywords if k.arg == "env"), None)
        said = [
            part.value if isinstance(part, ast.Constant) else "" for part in (env, call.args[0])
        ]
        variables.append(str(said[0] or env_var_name(str(said[1]))))
    return next(filter(None, map(manifest.of_variable, variables)), None)


def _engine(node: ast.expr, module: str) -> str:
    """Return the backend that goes with an engine; empty where there is none."""
    value = node.value if isinstance(node, ast.Constant) else None
    ours = {backend(module, engine): engine for engine in ENGINES.values()}
    return (ENGINES | ours).get(str(value), "")


def _why_not(source: Source, item: Item | None, module: str) -> str:
    if item is None:
        return "ENGINE is set elsewhere"
    engine = item[1]
    if not isinstance(engine, ast.Constant):
        return "ENGINE is computed"
    if not _engine(engine, module):
        return f"there is no backend of ours for {engine.value!s}"
    if not re.fullmatch(r"'[^'\\]*'|\"[^\"\\]*\"", source.segment(engine)):
        return "ENGINE is written in an unusual way"
    return ""


def _edits(
    source: Source, items: dict[str, Item], name: str, fields: dict[str, str], module: str
) -> Iterator[Edit]:
    """Name the backend, the secret, and its fields where they are called otherwise; the like of a name that changed."""
    key, engine = items["ENGINE"]
    quote = source.segment(engine)[0]

    def quoted(text: str) -> str:
        return f"{quote}{text}{quote}"

    wanted = {"ENGINE": quoted(backend(module, _engine(engine, module))), "SECRET": quoted(name)}
    if "SECRET_FIELDS" in items or any(
        FIELDS[setting] != field for setting, field in fields.items()
    ):
        listed = ", ".join(
            f"{quoted(setting)}: {quoted(field)}" for setting, field in fields.items()
        )
        wanted["SECRET_FIELDS"] = f"{{{listed}}}"
    for setting in items.keys() & wanted.keys():
        old = items[setting][1]
        if ast.unparse(old) != ast.unparse(ast.parse(wanted[setting], mode="eval")):
            start, end = source.span(old)
            yield Edit(path=source.path, start=start, end=end, replacement=wanted[setting])
    if new := [
        f"{quoted(setting)}: {text}" for setting, text in wanted.items() if setting not in items
    ]:
        yield _insertion(source, key, source.span(engine)[1], new)


def _insertion(source: Source, key: ast.expr, end: int, items: list[str]) -> Edit:
    """Put items after the engine, each on a line where it has one of its own; before it, where a comment follows."""
    offset, raw = source.lines[key.lineno - 1]
    at = source.span(key)[0]
    indent = raw[: at - offset]
    between = f",{source.newline}{indent.decode(source.encoding)}" if not indent.strip() else ", "
    after = re.match(rb"[ \t]*,?[ \t]*(?:[\r\n}]|$)", source.raw[end:])
    if after or between == ", ":
        return Edit(
            path=source.path,
            start=end,
            end=end,
            replacement="".join(between + item for item in items),
        )
    return Edit(
        path=source.path, start=at, end=at, replacement="".join(item + between for item in items)
    )


__all__ = ["Swap", "backend", "rotating", "swap", "unseen"]
