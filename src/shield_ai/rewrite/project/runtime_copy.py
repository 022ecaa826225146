"""Copy the runtime into the app, and keep an unmodified copy up to date."""

from __future__ import annotations

import functools
import re
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from shield_ai.rewrite.project.layout import (
    missing_packages,
    module_of,
    root_of,
    shadows,
)
from shield_ai.rewrite.project.stamp import (
    State,
    body_of,
    look,
    stamp,
)
from shield_ai.rewrite.project.text import (
    NOTHING,
    Outcome,
    create,
    insert,
    replace,
    skip,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite import Read

RUNTIME = Path(__file__).parents[2] / "runtime.py"
PYDANTIC = Path(__file__).parents[2] / "pydantic.py"
DJANGO = Path(__file__).parents[2] / "django"
ENGINES = ("postgresql", "mysql")
WHAT = "runtime"
# The copy is not the app's code: its formatter and linters leave it alone, so that it can be told from an edited one.
NOTES = """\
# A copy: change nothing here, `shield apply` keeps it up to date.
# fmt: off
# ruff: noqa
# flake8: noqa
# isort: skip_file
"""


def fix(
    read: Read,
    manifest: Manifest,
    module: str = "",
    *,
    fields: bool = False,
    engines: Collection[str] = (),
) -> Outcome:
    """Write the copy at the manifest's `runtime`, what makes a package of its folder, and what is needed beside it."""
    path = manifest.app.runtime
    if path == "package":
        return NOTHING
    root = root_of(read, path, module)
    if shadows(path, root):
        return skip(
            path,
            "a module of this name, in a folder on sys.path, would hide the standard library's",
        )
    changes, skipped = _copy(path, read(path), content(), runtime())
    packages = (
        [] if skipped else [create(place, "") for place in missing_packages(read, path, root)]
    )
    name = module or module_of(root, path)
    wanted: dict[str, tuple[str, bytes]] = {}
    if fields or read(_source(path)) is not None:
        wanted[_source(path)] = source_content(name), b"class SecretsManagerSource"
    for engine in ENGINES:
        folder = f"{path.removesuffix('.py')}_{engine}"
        if engine in engines or read(f"{folder}/base.py") is not None:
            files = backend_content(name, engine).items()
            wanted |= {f"{folder}/{file}": (text, b"class RotatingClient") for file, text in files}
    for place, (text, bare) in wanted.items():
        more, left = _copy(place, read(place), text, bare)
        changes, skipped = [*changes, *more], [*skipped, *left]
    return [*packages, *changes], skipped


def _source(path: str) -> str:
    return f"{path.removesuffix('.py')}_pydantic.py"


def copies(path: str) -> list[str]:
    """Return where the copies may lie: of the runtime, and of what goes beside it."""
    backends = [
        f"{path.removesuffix('.py')}_{engine}/{file}"
        for engine in ENGINES
        for file in ("__init__.py", "base.py")
    ]
    return [path, _source(path), *backends]


def _copy(path: str, raw: bytes | None, text: str, bare: bytes) -> Outcome:
    """Keep one copy up to date.

    Args:
        path: Its place.
        raw: Its bytes now.
        text: What it should be.
        bare: That without the stamp, as somebody may have copied it by hand.
    """
    if raw is None:
        return [create(path, text)], []
    state, version = look(raw, WHAT)
    if state is State.EDITED:
        return skip(path, "the copy of the runtime was edited by hand; restore it or remove it")
    if state is State.FOREIGN:
        if raw.replace(b"\r\n", b"\n") != bare:
            return skip(
                path, "another module has this name; set `runtime` in shield.toml to a free path"
            )
        # a copy made by hand becomes ours
        return [insert(path, raw, 0, text[: -len(bare.decode())])], []
    if _newer(version):
        return skip(path, f"the copy is of the newer version {version}; update shield-ai")
    return NOTHING if body_of(raw) == body_of(text.encode()) else ([replace(path, raw, text)], [])


@functools.cache
def runtime() -> bytes:
    """Return the runtime's own bytes."""
    return RUNTIME.read_bytes()


@functools.cache
def content() -> str:
    """Return the copy as it is written."""
    return stamp(WHAT, "py", NOTES + runtime().decode(), _version())


def source_content(module: str) -> str:
    """Return the settings source of pydantic as it is written beside a copy of the runtime."""
    own = PYDANTIC.read_text(encoding="utf-8").replace(
        "from shield_ai.runtime import", f"from {module} import"
    )
    return stamp(WHAT, "py", NOTES + own, _version())


def backend_content(module: str, engine: str) -> dict[str, str]:
    """Return the files of a database backend of Django as they are written beside a copy of the runtime.

    Args:
        module: That copy.
        engine: "postgresql" or "mysql".
    """
    ours = {
        "from shield_ai import runtime\n": f"import {module} as runtime\n",
        "from shield_ai.django import": f"from {module}_{engine} import",
        "shield_ai.django.": f"{module}_",
    }
    files = {"__init__.py": DJANGO / "__init__.py", "base.py": DJANGO / engine / "base.py"}
    out = {}
    for name, place in files.items():
        text = place.read_text(encoding="utf-8")
        for own, copied in ours.items():
            text = text.replace(own, copied)
        out[name] = stamp(WHAT, "py", NOTES + text, _version())
    return out


def unmodified(raw: bytes) -> bool:
    """Tell whether a copy, of whatever version, is as we wrote it."""
    return look(raw, WHAT)[0] is State.OURS


@functools.cache
def _version() -> str:
    named = re.search(r'^__version__ = "(.+)"$', runtime().decode(), re.MULTILINE)
    return named[1] if named else metadata.version("shield-ai")


def _newer(version: str) -> bool:
    try:
        return Version(version) > Version(_version())
    except InvalidVersion:
        return False
