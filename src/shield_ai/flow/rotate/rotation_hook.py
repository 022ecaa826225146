"""Import the rotation hook of an app."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from shield_ai.model.errors import ShieldError

if TYPE_CHECKING:
    from pathlib import Path


def import_hook(path: Path) -> None:
    """Import a hook under the name of its file, as in the zip of the rotation function.

    Raises:
        ShieldError: The file does not exist, or its code raises an exception.
    """
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ShieldError(
            f"the hook {path.name} is not in the app's folder", "check rotate.hook in shield.toml"
        )
    module = importlib.util.module_from_spec(spec)
    # A hook can have the name of the library that it imports.
    is_only_module = importlib.util.find_spec(path.stem) is None
    if is_only_module:
        sys.modules[path.stem] = module  # dataclasses look up the module that defines them
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a hook may raise anything
        if is_only_module:
            del sys.modules[path.stem]
        raise ShieldError(
            f"the hook {path.name} can't be imported: {type(error).__name__}", "fix the hook"
        ) from None
    sys.modules[path.stem] = module
