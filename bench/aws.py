"""Measure plan, apply and verify of many secrets against the AWS emulator.

    python bench/aws.py [--secrets 500]

The columns are wall-clock seconds, CPU seconds of the command, and CPU seconds of the embedded
AWS. The last row is a baseline: the same number of DescribeSecret calls with boto3, eight at a
time.
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

TRUST_POLICY = '{"Version": "2012-10-17", "Statement": []}'
MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'


def make_app(folder, number):
    names = [f"SERVICE_{n:03}_API_KEY" for n in range(number)]
    reads = "".join(f'{name} = os.environ["{name}"]\n' for name in names)
    (folder / "shop").mkdir()
    (folder / "shop/__init__.py").touch()
    (folder / "shop/settings.py").write_text("import os\n\n" + reads)
    (folder / "manage.py").write_text(MANAGE)
    (folder / ".env").write_text("".join(f"{name}={secrets.token_hex(12)}\n" for name in names))


def cpu_of_commands():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_of_aws(aws):
    fields = Path(f"/proc/{aws.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_command(label, command, folder, aws):
    start = time.monotonic()
    commands_before = cpu_of_commands()
    aws_before = cpu_of_aws(aws)
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
        sys.exit(f"{label}: {done.stderr[-500:]}{done.stdout[-500:]}")
    command_cpu = cpu_of_commands() - commands_before
    aws_cpu = cpu_of_aws(aws) - aws_before
    print(f"{label:<14} {seconds:>7.1f} {command_cpu:>9.1f} {aws_cpu:>9.1f}", flush=True)


def measure_baseline(aws, number):
    client = aws.client("secretsmanager")
    names = [f"service-{n:03}-api-key" for n in range(number)]
    start = time.monotonic()
    aws_before = cpu_of_aws(aws)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: client.describe_secret(SecretId=name), names))
    seconds = time.monotonic() - start
    aws_cpu = cpu_of_aws(aws) - aws_before
    print(f"{'DescribeSecret':<14} {seconds:>7.1f} {'':>9} {aws_cpu:>9.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--secrets", type=int, default=500)
    number = parser.parse_args().secrets
    only = ["--only", "aws"]
    values = ["--env-file", ".env"]
    with tempfile.TemporaryDirectory() as scratch, LocalAws.start() as aws:
        folder = Path(scratch)
        make_app(folder, number)
        aws.client("iam").create_role(RoleName="Shop", AssumeRolePolicyDocument=TRUST_POLICY)
        print(f"{f'{number} secrets':<14} {'seconds':>7} {'own CPU':>9} {'AWS CPU':>9}")
        measure_command("draft", ["draft"], folder, aws)
        toml = folder / "shield.toml"
        toml.write_text(toml.read_text().replace("[app]\n", '[app]\nrole = "Shop"\n'))
        measure_command("plan", ["plan", *only, *values], folder, aws)
        measure_command("apply", ["apply", *only, *values, "--yes"], folder, aws)
        measure_command("verify", ["verify", *only], folder, aws)
        measure_command("plan again", ["plan", *only, *values], folder, aws)
        measure_baseline(aws, number)


if __name__ == "__main__":
    main()
