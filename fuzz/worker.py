"""Fuzz one target with atheris, in this process: `python -m fuzz.worker TARGET FOLDER LIBFUZZER…`.

Findings are written to the folder instead of ending the run: of each exception in one place, the
smallest input and its traceback.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import sys
import time
import traceback
from pathlib import Path

import atheris

MAX_SECONDS = 3.0  # of CPU time, for one input
REPEATED = 0.05  # of the inputs have a part that is repeated

with atheris.instrument_imports(include=["shield_ai", "shield_runtime", "dotenv", "tomllib"]):
    from fuzz.seeds import SEEDS, repeat_part
    from fuzz.targets import TARGETS

    # Also run the imports inside functions.
    for seed in SEEDS[sys.argv[1]]:
        with contextlib.suppress(Exception):  # found again below
            TARGETS[sys.argv[1]](seed)


class TooSlowError(Exception):
    """An input takes too long."""


class Recorder:
    """Run a target, and record its findings.

    Args:
        name: The name of the target.
        folder: The folder for the findings.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._target = TARGETS[name]
        self._folder = folder

    def run(self, raw: bytes) -> None:
        """Run the target with one input."""
        start = time.process_time()
        try:
            self._target(raw)
        except Exception as error:  # noqa: BLE001 - every exception is a finding
            self._record(raw, error)
        seconds = time.process_time() - start
        if seconds > MAX_SECONDS:
            self._record(raw, TooSlowError(f"{seconds:.1f} s"))

    def _record(self, raw: bytes, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{frame.filename}:{frame.lineno}" for frame in frames]
        ours = [place for place in places if "shield_" in place]
        place = f"{type(error).__name__} {(ours or places or [''])[-1]}"
        path = self._folder / hashlib.sha256(place.encode()).hexdigest()[:12]
        if not path.exists() or len(raw) < path.stat().st_size:
            path.write_bytes(raw)
            text = "".join(traceback.format_exception(error, limit=-8))
            path.with_suffix(".txt").write_text(text, errors="backslashreplace")


def mutate(raw: bytes, max_size: int, seed: int) -> bytes:
    """Mutate an input, mostly as libFuzzer does."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    if chance.random() < REPEATED:
        return repeat_part(raw, chance, max_size)
    return bytes(atheris.Mutate(raw, max_size))


def main() -> None:
    """Fuzz until libFuzzer ends the process."""
    recorder = Recorder(sys.argv[1], Path(sys.argv[2]))
    atheris.Setup([sys.argv[0], *sys.argv[3:]], recorder.run, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
