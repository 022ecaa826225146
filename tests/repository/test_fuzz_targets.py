"""The targets of `make fuzz` work on their seeds and on a few mutations of them."""

from __future__ import annotations

import importlib
import random
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MUTATIONS = 100


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """Let the targets write below the folder of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("fuzz")))
        patch.syspath_prepend(ROOT)
        yield


def mutated(seed, chance, repeat_part):
    """Replace, remove or repeat a part."""
    start = chance.randrange(len(seed) + 1)
    end = start + chance.choice((0, 1, 1, 4, 30))
    if chance.random() < 0.1:
        return repeat_part(seed, chance, 2000)
    return seed[:start] + chance.randbytes(chance.choice((0, 0, 1, 3))) + seed[end:]


def names():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        return list(importlib.import_module("fuzz.seeds").SEEDS)


@pytest.mark.parametrize("name", names())
def test_target_accepts_its_seeds_and_mutations(name):
    seeds = importlib.import_module("fuzz.seeds")
    target = importlib.import_module("fuzz.targets").TARGETS[name]
    chance = random.Random(name)
    for seed in (*seeds.SEEDS[name], *seeds.FOUND.get(name, ())):
        target(seed)
    for _ in range(MUTATIONS):
        seed = chance.choice(seeds.SEEDS[name])
        target(mutated(seed, chance, seeds.repeat_part))


def test_each_target_has_seeds():
    seeds = importlib.import_module("fuzz.seeds").SEEDS
    assert set(importlib.import_module("fuzz.targets").TARGETS) == set(seeds)
