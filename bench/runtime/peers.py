"""The compared libraries behind one interface, the server, and a minimal cache as a baseline."""

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
    "shield": "import shield_runtime",
    "lru_cache": "import boto3",
    "caching": "import aws_secretsmanager_caching",
    "powertools": "from aws_lambda_powertools.utilities import parameters",
}
FIRST = {
    "shield": "import shield_runtime; shield_runtime.get_secret('name-00')",
    "lru_cache": """
import boto3
boto3.client('secretsmanager').get_secret_value(SecretId='name-00')
""",
    "caching": """
from aws_secretsmanager_caching import SecretCache
SecretCache().get_secret_string('name-00')
""",
    "powertools": """
from aws_lambda_powertools.utilities import parameters
parameters.get_secret('name-00')
""",
}
PACKAGES = {
    "shield": "shield_runtime",
    "lru_cache": "boto3",
    "caching": "aws_secretsmanager_caching",
    "powertools": "aws_lambda_powertools",
}


class Server:
    """The Secrets Manager of server.py."""

    def __init__(self):
        command = [sys.executable, str(HERE / "server.py")]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        os.environ.update(ENVIRONMENT, AWS_ENDPOINT_URL=self.process.stdout.readline().strip())
        for name in NAMES:
            self.send(f"put {name} value-of-{name}")

    def send(self, command):
        """Send a command and return the number of calls so far."""
        print(command, file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline().split()[0])

    def stop(self):
        self.process.kill()
        self.process.communicate()


# Each of the following functions takes a TTL in seconds and returns two functions: one that reads
# a secret by name, and one that reads many names at once.


def shield(ttl):
    os.environ["AWS_SECRETS_TTL"] = str(ttl)
    import shield_runtime

    shield_runtime.clear_secret_cache()
    return shield_runtime.get_secret, shield_runtime.prefetch


def lru_cache(_ttl):
    import functools

    import boto3

    client = boto3.client("secretsmanager")

    @functools.lru_cache(128)
    def get(name):
        return client.get_secret_value(SecretId=name)["SecretString"]

    return get, one_by_one(get)


def caching(ttl):
    import boto3
    from aws_secretsmanager_caching import SecretCache, SecretCacheConfig

    config = SecretCacheConfig(secret_refresh_interval=max(ttl, 2))
    get = SecretCache(config=config, client=boto3.client("secretsmanager")).get_secret_string
    return get, one_by_one(get)


def powertools(ttl):
    import boto3
    from aws_lambda_powertools.utilities import parameters

    provider = parameters.SecretsProvider(boto3_client=boto3.client("secretsmanager"))

    def get(name):
        return provider.get(name, max_age=ttl)

    def get_many(*names):
        for start in range(0, len(names), 10):  # AWS accepts ten names per filter
            provider.get_multiple(names=list(names[start : start + 10]))

    return get, get_many


def one_by_one(get):
    def get_many(*names):
        for name in names:
            get(name)

    return get_many


cache: dict = {}


def baseline(name, ttl=300.0):
    """Read from the cheapest possible cache with expiry."""
    entry = cache.get(name)
    if entry is not None and monotonic() < entry[0]:
        return entry[1]
    cache[name] = (monotonic() + ttl, name)
    return name
