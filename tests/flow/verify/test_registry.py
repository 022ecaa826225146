from __future__ import annotations

import importlib
import pkgutil

import pytest

from shield_ai.flow import verify
from shield_ai.flow.verify.check import CheckInfo
from shield_ai.flow.verify.registry import find_checks

MADE = [info for check in find_checks() for info in check.makes]
MODULES = [module.name for module in pkgutil.iter_modules(verify.__path__)]


@pytest.mark.parametrize("module", MODULES)
def test_every_check_of_a_module_is_found(module):
    constants = vars(importlib.import_module(f"{verify.__name__}.{module}")).values()
    assert {info for info in constants if isinstance(info, CheckInfo)} <= set(MADE)


def test_every_check_has_an_id_a_title_and_a_source():
    assert len({info.id for info in MADE}) == len(MADE)
    assert len({info.title for info in MADE}) == len(MADE)
    assert all(info.reads for info in MADE)


def test_every_check_has_a_position():
    positions = [check.order for check in find_checks()]
    assert len(set(positions)) == len(positions)
