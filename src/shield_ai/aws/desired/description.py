"""Define the interface of the modules that describe resources, and find these modules."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import NamedTuple

from shield_ai.aws import desired
from shield_ai.model.file_reader import FileReader
from shield_ai.model.manifest import Manifest
from shield_ai.model.resource import Resource

Describe = Callable[[Manifest, str, FileReader | None], Iterator[Resource]]


class Description(NamedTuple):
    """Describes the resources of one concern, in a module of this package."""

    order: int  # resources come after the resources that they depend on
    describe: Describe  # takes the same arguments as `resources`


@functools.cache
def find_descriptions() -> tuple[Description, ...]:
    """Return the `DESCRIPTION` of each module of the package that has one, in order."""
    found: list[Description] = []
    for module in pkgutil.iter_modules(desired.__path__):
        imported = importlib.import_module(f"{desired.__name__}.{module.name}")
        if hasattr(imported, "DESCRIPTION"):
            found.append(imported.DESCRIPTION)
    return tuple(sorted(found, key=lambda description: description.order))
