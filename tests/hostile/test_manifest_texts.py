"""Hostile texts in shield.toml are refused, or are plain data in each export."""

from __future__ import annotations

import copy
import json
import re
import shlex

import msgspec
import pytest
import tomlkit
import yaml

from shield_ai.aws.desired import resources
from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.export import FORMATS, PLATFORMS, secret_resources
from shield_ai.aws.export.operator import operator_policy
from shield_ai.aws.export.platform import Target
from shield_ai.model.environments import apply_environment
from shield_ai.model.errors import ManifestError
from shield_ai.model.manifest_parser import parse_manifest
from shield_ai.model.manifest_schema import table_types

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service/Shop"
# It sets each key that contains text.
COMPLETE = {
    "app": {
        "name": "shop",
        "settings": ["shop/settings.py"],
        "runtime": "shop/secrets.py",
        "region": "eu-west-1",
        "prefix": "shop/",
        "kms_key": "alias/shop",
        "role": "service/Shop",
        "tags": {"team": "web"},
        "replicas": ["eu-central-1"],
        "readers_only": True,
        "generate": ["tests"],
        "ignore": ["DEBUG"],
    },
    "monitoring": {
        "readers": ["role/Deploy*"],
        "email": ["ops@example.com"],
        "namespace": "Shop/Secrets: all #1",
    },
    "rotation": {"subnets": ["subnet-0a"], "security_groups": ["sg-0a"]},
    "deployment": {
        "edit": ["ecs", "github"],
        "containers": ["web"],
        "inject": ["proxy"],
        "jobs": ["deploy"],
    },
    "environments": {
        "staging": {
            "prefix": "shop-staging/",
            "region": "eu-west-2",
            "kms_key": f"arn:aws:kms:eu-west-2:{ACCOUNT}:key/1",
            "role": ROLE,
            "replicas": ["eu-west-3"],
            "tags": {"stage": "test"},
            "account": ACCOUNT,
            "profile": "shop staging",
            "assume": ROLE,
            "env_file": "../staging env",
        }
    },
    "secret": [
        {
            "name": "key",
            "kind": "generic",
            "env": "KEY",
            "description": "a key",
            "rotate": "manual",
        },
        {
            "name": "db",
            "kind": "database",
            "fields": {"username": "DB_USER", "password": "DB_PASSWORD"},
            "rotate": {
                "every": "30 days",
                "strategy": "postgres-alternating-users",
                "engine": "postgres",
                "admin": "ops/database-admin",
                "window": "3h",
                "hook": "ops/keys.py",
                "sslmode": "require",
                "ca": "ops/ca file.pem",
            },
        },
    ],
}
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:alarms"
HOSTILE = {
    "reference": "{{resolve:secretsmanager:payroll/db:SecretString:password}}",
    "file": "file:///home/ann/.aws/credentials",
    "url": "http://example.com/x",
    "newline": "x\n::error::y",
    "wildcard": "*",
    "single quote": "x'; id #",
    "double quote": 'x"; id #',
    "command": "$(id)",
}
OWN_REFERENCE = re.compile(r"\{\{resolve:secretsmanager:[\w/+=.@-]+:SecretString(:[\w@./+-]+)?\}\}")
COMMAND_LINE = re.compile(r"(?:aws|set|export|  Q+|  -\S+)(?: |$)|$")


def places(node, path=()):
    """Yield the path of each text; a key of a table that the model does not define ends with ()."""
    if isinstance(node, dict):
        for key, item in node.items():
            if path[-1:] in {("tags",), ("fields",), ("environments",)}:
                yield (*path, key, ())
            yield from places(item, (*path, key))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from places(item, (*path, index))
    elif isinstance(node, str):
        yield path


def document_with(path):
    """Return the complete document; one with a topic, which excludes email, if the path has it."""
    document = copy.deepcopy(COMPLETE)
    if "topic" in path:
        document["monitoring"] = {"topic": TOPIC}
    return document


def with_text(path, text):
    document = document_with(path)
    is_key = path[-1] == ()
    *parents, last = path[:-1] if is_key else path
    node = document
    for step in parents:
        node = node[step]
    if is_key:
        node[text] = node.pop(last)
    else:
        node[last] = text
    return document


def text_at(path):
    if path[-1] == ():
        return path[-2]
    node = document_with(path)
    for step in path:
        node = node[step]
    return node


def exports(parsed):
    """Return the exports, by format, for the app and each environment."""
    for environment in ("", *parsed.environments):
        target = apply_environment(parsed, environment)
        region = target.app.region
        desired = resources(target, ACCOUNT, lambda _: b"")
        for name, export in FORMATS.items():
            yield name, export([*secret_resources(target), *desired], region)
        platform = Target(manifest=target, account=ACCOUNT, repository="acme/shop", branch="main")
        for name, write in PLATFORMS.items():
            yield name, write(platform)
        yield "app-policy", json.dumps(policy_document(target, ACCOUNT))
        yield "operator-policy", json.dumps(operator_policy(target, ACCOUNT))


def assert_harmless(name, text):
    if name == "sam":
        text = OWN_REFERENCE.sub("", text)
    assert "{{resolve:" not in text
    if name == "cli":
        words = shlex.split(text, comments=True)
        assert [word for word in words if re.match(r"(--[\w-]+=)?(fileb?|https?)://", word)] == []
        unquoted = re.sub(r"\"'\"|'[^']*'", "Q", re.sub(r"(?m)^#.*$", "", text))
        assert not re.search(r"[$`*;\"]|::error", unquoted)
        assert [line for line in unquoted.splitlines() if not COMMAND_LINE.match(line)] == []
    elif name == "cloudformation":
        assert yaml.load(text, yaml.CSafeLoader)["Resources"]  # faster
    elif name in {"external-secrets", "sam", "github-actions", "gitlab-ci"}:
        assert list(yaml.load_all(text, yaml.CSafeLoader))
        assert not re.search(r"\$\{\{(?! env\.\w+ \}\})", text)
    elif name == "terraform":
        assert "::error::y\n" not in text
    else:
        assert json.loads(text)


PLACES = [*places(COMPLETE), ("monitoring", "topic")]


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(str(step) for step in path))
def test_hostile_texts_are_refused_or_plain_data(path, hostile):
    for text in (hostile, text_at(path) + hostile):
        try:
            parsed = parse_manifest(tomlkit.dumps(with_text(path, text)))
        except ManifestError:
            continue
        for name, exported in exports(parsed):
            assert_harmless(name, exported)


def test_complete_manifest_is_valid_and_sets_each_text():
    parsed = parse_manifest(tomlkit.dumps(COMPLETE))
    for name, exported in exports(parsed):
        assert_harmless(name, exported)
    seen = {step for path in PLACES for step in path if isinstance(step, str)}
    for struct in table_types():
        for field in msgspec.structs.fields(struct):
            if "str" in str(field.type) or "Literal" in str(field.type):
                assert field.name in seen, f"{struct.__name__}.{field.name}"
