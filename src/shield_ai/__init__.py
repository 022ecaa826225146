"""Shield AI: the tool behind the command `shield`. Apps import `shield_runtime`.

Names and modules that apps imported from here before the runtime became a package of its own still
work: `from shield_ai import get_secret`, `shield_ai.testing`, `shield_ai.django`. `shield apply`
replaces them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

MOVED = {
    "shield_ai.runtime": "shield_runtime",
    "shield_ai.testing": "shield_runtime.testing",
    "shield_ai.pydantic": "shield_runtime.pydantic",
    "shield_ai.django": "shield_runtime.django",
}


def moved_module(name: str) -> str | None:
    """Return the present name of a module of the runtime; None for any other module."""
    for old, new in MOVED.items():
        if name == old or name.startswith(f"{old}."):
            return new + name.removeprefix(old)
    return None


class _MovedModules:
    """An import hook that finds the runtime's modules under their old names."""

    @staticmethod
    def find_spec(name: str, *_: object) -> ModuleSpec | None:
        return ModuleSpec(name, _Alias()) if moved_module(name) else None  # type: ignore[arg-type]


class _Alias:
    """Loads the module of the new name, and leaves it unchanged."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(str(moved_module(spec.name)))
        self._own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._own_spec


# Before the finder of files, which would load `shield_ai.django.checks` a second time.
sys.meta_path.insert(0, _MovedModules)


def __getattr__(name: str) -> object:
    """Return a name of the runtime, which is imported when first needed."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("shield_runtime"), name)
