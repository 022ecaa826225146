"""Fuzz the targets one after the other: `python -m fuzz.run [--seconds N] [TARGET]...`.

build/fuzz/TARGET has the corpus, which the next run continues with, the log and the findings. Exits
with 1 if there is a finding.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from fuzz.seeds import FOUND, SEEDS

BUILD = Path("build/fuzz")
HANG = 60  # seconds until libFuzzer ends the process
OPTIONS = (
    f"-timeout={HANG}",
    f"-report_slow_units={HANG}",
    "-rss_limit_mb=4096",
    "-max_len=8192",
    "-len_control=0",
    "-print_final_stats=1",
)
EXECUTIONS = re.compile(r"stat::number_of_executed_units: (\d+)")


def prepare(folder: Path, seeds: tuple[bytes, ...]) -> None:
    """Create the folder of a target. The findings of the last run are tried again."""
    for name in ("corpus", "seeds", "findings"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path in (folder / "findings").iterdir():
        if path.suffix == ".txt":
            path.unlink()
        else:
            shutil.move(path, folder / "seeds" / path.name)
    for number, seed in enumerate(seeds):
        (folder / "seeds" / str(number)).write_bytes(seed)
    words = {word for seed in seeds for word in re.findall(rb"\w{2,40}|[^\w\s]{1,9}", seed)}
    lines = ["".join(f"\\x{byte:02x}" for byte in word) for word in sorted(words)]
    (folder / "words").write_text("".join(f'"{line}"\n' for line in lines))


def fuzz(name: str, seconds: int) -> list[Path]:
    """Fuzz one target, print the result, and return the findings.

    Raises:
        RuntimeError: The process failed for another reason than a finding.
    """
    folder = BUILD / name
    prepare(folder, (*SEEDS[name], *FOUND.get(name, ())))
    findings = folder / "findings"
    command = [sys.executable, "-m", "fuzz.worker", name, str(findings), *OPTIONS]
    command += [f"-max_total_time={seconds}", f"-dict={folder / 'words'}"]
    command += [f"-artifact_prefix={findings}/", str(folder / "corpus"), str(folder / "seeds")]
    log = folder / "log"
    with tempfile.TemporaryDirectory() as temporary, log.open("w") as output:
        env = {**os.environ, "TMPDIR": temporary, "SHIELD_STATE_DIR": f"{temporary}/state"}
        done = subprocess.run(command, env=env, check=False, stdout=output, stderr=output)
    found = sorted(path for path in findings.iterdir() if path.suffix != ".txt")
    if done.returncode and not found:
        raise RuntimeError(f"{name}: the fuzzer failed, see {log}")
    executions = EXECUTIONS.search(log.read_text(errors="replace"))
    corpus = len(list((folder / "corpus").iterdir()))
    count = executions[1] if executions else "?"
    sys.stdout.write(f"{name:14}{count:>10} executions{corpus:7} inputs{len(found):4} findings\n")
    for path in found:
        sys.stdout.write(f"  {path}: {_reason(path)}\n")
    sys.stdout.flush()
    return found


def _reason(path: Path) -> str:
    """Return the last line of the traceback of a finding."""
    text = path.with_suffix(".txt")
    return text.read_text().splitlines()[-1] if text.exists() else "hangs, or ended the process"


def main() -> int:
    """Fuzz the targets."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(SEEDS))
    parser.add_argument("--seconds", type=int, default=600, help="for all targets together")
    options = parser.parse_args()
    names = options.targets or list(SEEDS)
    findings = [path for name in names for path in fuzz(name, options.seconds // len(names))]
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
