"""How long plan, apply and verify of many secrets take against the embedded AWS, and how much of that is its own time.

    python bench/aws.py [--secrets 500]

Seconds by the clock, then of the processor: of our own process, and of the embedded AWS, for which it waits.
`alone` is what the embedded AWS, which is moto, takes for as many plain calls, eight at a time.
"""

from __future__ import annotations

import argparse
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shield_ai.sandbox import LocalAws

ROLE = '{"Version": "2012-10-17", "Statement": []}'


def make(folder, number):
    names = [f"SERVICE_{n:03}_API_KEY" for n in range(number)]
    reads = "".join(f'{name} = os.environ["{name}"]\n' for name in names)
    (folder / "shop").mkdir()
    (folder / "shop/__init__.py").touch()
    (folder / "shop/settings.py").write_text("import os\n\n" + reads)
    (folder / "manage.py").write_text(
        'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
    )
    (folder / ".env").write_text("".join(f"{name}={secrets.token_hex(12)}\n" for name in names))


def cpu(aws):
    """Processor time of the children that have ended, and of the embedded AWS."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    user, system = Path(f"/proc/{aws.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return used.ru_utime + used.ru_stime, (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def timed(what, command, folder, aws):
    start, spent = time.monotonic(), cpu(aws)
    done = subprocess.run(
        [sys.executable, "-m", "shield_ai", *command],
        cwd=folder,
        env=aws.environment(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - start
    if done.returncode:
        sys.exit(f"{what}: {done.stderr[-500:]}{done.stdout[-500:]}")
    ours, theirs = (now - before for now, before in zip(cpu(aws), spent, strict=True))
    print(f"{what:<14} {seconds:>7.1f} {ours:>9.1f} {theirs:>9.1f}", flush=True)


def alone(aws, number):
    client = aws.client("secretsmanager")
    names = [f"service-{n:03}-api-key" for n in range(number)]
    start, spent = time.monotonic(), cpu(aws)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: client.describe_secret(SecretId=name), names))
    theirs = cpu(aws)[1] - spent[1]
    print(
        f"{'alone':<14} {time.monotonic() - start:>7.1f} {'':>9} {theirs:>9.1f}  DescribeSecret",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--secrets", type=int, default=500)
    number = parser.parse_args().secrets
    only = ["--only", "aws"]
    with tempfile.TemporaryDirectory() as scratch, LocalAws.start() as aws:
        folder = Path(scratch)
        make(folder, number)
        aws.client("iam").create_role(RoleName="Shop", AssumeRolePolicyDocument=ROLE)
        print(f"{f'{number} secrets':<14} {'seconds':>7} {'our own':>9} {'AWS':>9}")
        timed("draft", ["draft"], folder, aws)
        toml = folder / "shield.toml"
        toml.write_text(toml.read_text().replace("[app]\n", '[app]\nrole = "Shop"\n'))
        values = ["--env-file", ".env"]
        timed("plan", ["plan", *only, *values], folder, aws)
        timed("apply", ["apply", *only, *values, "--yes"], folder, aws)
        timed("verify", ["verify", *only], folder, aws)
        timed("plan again", ["plan", *only, *values], folder, aws)
        alone(aws, number)


if __name__ == "__main__":
    main()
