"""Shield AI: the tool behind the command `shield`. Apps import `shield_runtime`.

Apps of earlier versions import the runtime from here: `from shield_ai import get_secret`,
`shield_ai.testing`, `shield_ai.django`. These imports still work; `shield apply` replaces them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

RUNTIME = "shield_runtime"
BUNDLED = "shield_ai.bundled_runtime"  # in the wheel, for `shield apply`
MOVED = {
    "shield_ai.runtime": "",
    "shield_ai.testing": ".testing",
    "shield_ai.pydantic": ".pydantic",
    "shield_ai.django": ".django",
}


def runtime_submodule(name: str) -> str | None:
    """Return what follows the runtime's name in the present name of a module that has moved.

    Returns:
        ".django.checks" for shield_ai.django.checks; None for a module that is not of the runtime.
    """
    for old, new in MOVED.items():
        if name == old or name.startswith(f"{old}."):
            return new + name.removeprefix(old)
    return None


def _import_runtime(submodule: str = "") -> ModuleType:
    package = RUNTIME if find_spec(RUNTIME) else BUNDLED
    return import_module(package + submodule)


class _MovedModules:
    """An import hook that finds the runtime's modules under their old names."""

    @staticmethod
    def find_spec(name: str, *_: object) -> ModuleSpec | None:
        if runtime_submodule(name) is None:
            return None
        return ModuleSpec(name, _Alias())  # type: ignore[arg-type]


class _Alias:
    """Loads the module of the new name, and leaves it unchanged."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = _import_runtime(str(runtime_submodule(spec.name)))
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
    return getattr(_import_runtime(), name)
