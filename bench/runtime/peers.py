"""The libraries behind one interface, the server that they ask, and the least that a cache with a clock can cost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import monotonic

HERE = Path(__file__).parent
NAMES = [f"name-{i:02}" for i in range(40)]
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_MAX_ATTEMPTS": "2",
    "DJANGO_ENV": "production",
    "USE_AWS_SECRETS": "true",
    "AWS_SECRETS_TTL": "1",
    "POWERTOOLS_DEV": "false",
    "PYTHONDONTWRITEBYTECODE": "",
}
IMPORT = {
    "shield": "import shield_ai.runtime",
    "lru_cache": "import boto3",
    "caching": "import aws_secretsmanager_caching",
    "powertools": "from aws_lambda_powertools.utilities import parameters",
}
FIRST = {
    "shield": "from shield_ai.runtime import get_secret; get_secret('name-00')",
    "lru_cache": "import boto3; boto3.client('secretsmanager').get_secret_value(SecretId='name-00')",
    "caching": "from aws_secretsmanager_caching import SecretCache; SecretCache().get_secret_string('name-00')",
    "powertools": "from aws_lambda_powertools.utilities import parameters as p; p.get_secret('name-00')",
}
PACKAGES = {
    "shield": "shield_ai",
    "lru_cache": "boto3",
    "caching": "aws_secretsmanager_caching",
    "powertools": "aws_lambda_powertools",
}


class Server:
    def __init__(self):
        command = [sys.executable, str(HERE / "server.py")]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        os.environ.update(ENVIRONMENT, AWS_ENDPOINT_URL=self.process.stdout.readline().strip())
        for name in NAMES:
            self.tell(f"put {name} value-of-{name}")

    def tell(self, line):
        print(line, file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline().split()[0])

    def stop(self):
        self.process.kill()
        self.process.communicate()


def shield(ttl):
    os.environ["AWS_SECRETS_TTL"] = str(ttl)
    from shield_ai import runtime

    runtime.clear_secret_cache()
    return runtime.get_secret, runtime.prefetch


def lru_cache(_ttl):
    import functools

    import boto3

    client = boto3.client("secretsmanager")
    get = functools.lru_cache(128)(
        lambda name: client.get_secret_value(SecretId=name)["SecretString"]
    )
    return get, lambda *names: [get(name) for name in names]


def caching(ttl):
    import boto3
    from aws_secretsmanager_caching import SecretCache, SecretCacheConfig

    config = SecretCacheConfig(secret_refresh_interval=max(ttl, 2))
    get = SecretCache(config=config, client=boto3.client("secretsmanager")).get_secret_string
    return get, lambda *names: [get(name) for name in names]


def powertools(ttl):
    import boto3
    from aws_lambda_powertools.utilities import parameters

    provider = parameters.SecretsProvider(boto3_client=boto3.client("secretsmanager"))
    # AWS takes ten names a filter.
    tens = [NAMES[start : start + 10] for start in range(0, len(NAMES), 10)]
    return lambda name: provider.get(name, max_age=ttl), lambda *_: [
        provider.get_multiple(names=ten) for ten in tens
    ]


cache: dict = {}


def floor(name, ttl=300.0):
    entry = cache.get(name)
    if entry is not None and monotonic() < entry[0]:
        return entry[1]
    cache[name] = (monotonic() + ttl, name)
    return name
