"""A copy of the runtime, as `shield apply` writes it."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

from shield_ai.project.secret_map import SecretMap
from shield_ai.rewrite.project.map_style import MapStyle
from shield_ai.rewrite.project.map_text import map_text
from shield_ai.rewrite.project.runtime_source import runtime_files

if TYPE_CHECKING:
    from pathlib import Path


def module_text(*, in_package: bool) -> str:
    """Return the map file of an app without secrets."""
    style = MapStyle() if in_package else MapStyle(package="_shield_runtime")
    return map_text("shop", SecretMap(), style)


def write_copy(folder: Path, module: str = "aws_secrets.py") -> None:
    """Write the copy into a folder that is on sys.path, with the map file beside it."""
    (folder / module).write_text(module_text(in_package=False), encoding="utf-8")
    for name, text in runtime_files().items():
        path = folder / "_shield_runtime" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def import_copy(folder: Path, monkeypatch):
    """Write a copy and import its package, for the time of a test."""
    write_copy(folder)
    monkeypatch.syspath_prepend(str(folder))
    return importlib.import_module("_shield_runtime")


def forget_copy() -> None:
    """Remove the modules of a copy from this process."""
    for name in list(sys.modules):
        if name.partition(".")[0] == "_shield_runtime":
            del sys.modules[name]
