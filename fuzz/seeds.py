"""The inputs that each target starts with."""

from __future__ import annotations

import base64
import gzip
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

DOTENV = b"""\
# comment
export SECRET_KEY='a b' # why
DB_PASSWORD="x\\n\\"y\nz"\r\nURL=postgres://u:hunter2@db/${NAME}
EMPTY=
'quoted name'=1
broken"""
SETTINGS = b"""\
import os
from os import environ as e, getenv
import environ
from decouple import config
env = environ.Env(DEBUG=(bool, False))
SECRET_KEY = os.environ["SECRET_KEY"]
TOKEN = getenv("API_TOKEN", "") or f"x{e['OTHER_TOKEN']}"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "USER": env("DB_USER"),
    "PASSWORD": env.str("DB_PASSWORD", default=None), "HOST": "db"}}
CACHES = {"a": env.cache("REDIS_URL")}  # shield: ignore[CRED] test
STRIPE_API_KEY = "hunter2" "hunter3"
if "SENTRY_DSN" in os.environ: DSN = os.environ.get("SENTRY_DSN")
for name in ("A_KEY", "B_KEY"): globals()[name] = os.environ[name]
class Base(BaseSettings):
    password: str = Field("x", alias="APP_PASSWORD")
    def key(self): return lambda: (os.environ.get("K_SECRET") if 1 else None)
"""
CONFIG = b"""\
password: "Xk9-Lm2_Qw7z"
api_key = 'c0ffee11c0ffee22c0ffee33'
{"client_secret": "aB3dE5gH7jK9", "url": "https://user:pa55w0rd-x@host/db"}
<password>s3cr3t-Value!</password>
-----BEGIN RSA PRIVATE KEY-----
MIIEpAIBAAKCAQEA
-----END RSA PRIVATE KEY-----
token: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl  # pragma: allowlist secret
PASSWORD='@@' ENV token=abc curl -u me:secret1234 // shield: ignore
"""
PATTERN = b"""\
id: ACME
title: &t Keys
severity: high
description: *t
fix: Revoke it.
references: [https://example.com]
risk_assessment: {impact: high, exploitability: low, affected_scope: keys, labels: [a]}
files: {regex: ["**/*", "!a/[b-d]?.py"], url: ["*"]}
defaults: {reference: ""}
rules:
  - id: ACME.key
    kind: regex
    title: Key
    message: "{name} is in {env}"
    explanation: It opens.
    regex: '(?i)\\b(acme_[a-f0-9]{12})(?=x|$)'
    keywords: [acme_]
    entropy: 2.5
    examples: ['acme_{hex:12}']
    non_examples: ['acme_key']
  - id: ACME.url
    kind: url
    title: Key
    message: x
    explanation: x
    context: [acme, key]
    value: '[a-f]{8,20}'
    random: true
    decode: colon
    examples: [x]
    non_examples: ['y']
"""
MANIFEST = b"""\
[app]
name = "shop"
settings = ["shop/settings.py"]
region = "eu-west-1"
prefix = "shop/"
tags = { team = "a" }
replicas = ["us-east-1"]
[[secret]]
name = "key"  # why
kind = "django-secret-key"
env = "SECRET_KEY"
rotate = "manual"
description = "a\\u00e9"
[[secret]]
name = "db"
kind = "database"
fields = { username = "DB_USER", password = "DB_PASSWORD" }
rotate = { every = "cron(0 3 1 * ? *)", strategy = "postgres-single-user", window = "3h" }
[[secret]]
name = "api"
env = "API_KEY"
optional = true
rotate = { every = "rate(12 hours)" }
[monitoring]
readers = ["role/ops-*"]
email = ["a@example.com"]
overdue = 3
[environments.staging]
prefix = "staging/"
account = "123456789012"
[rotation]
log_days = 7
"""
JOURNAL = b"""\
{"journal":"00","mac":"00"}
{"seq":1,"run":"a","event":"start","files":["a.py"]}
{"seq":2,"run":"a","event":"begin","kind":"file","what":"a.py","before":null,"after":"00","mode":420}
{"seq":3,"run":"a","event":"begin","kind":"aws","what":"key","action":"create","settings":{"a":1},"account":"123456789012","region":"us-east-1"}
{"seq":4,"run":"a","event":"done","of":2,"arn":"arn"}
{"seq":5,"run":"b","event":"undone","of":2}
{"seq":6,"run":"b","event":"end"}
"""
PLAN = b"""\
{"version":1,"app":"shop","account":"123456789012","region":"eu-west-1","environment":"",
"files":[{"path":"shop/settings.py","before":"aa","after":"bb","encoding":"utf-8","edits":[
{"path":"shop/settings.py","start":0,"end":2,"replacement":"x"}]}],
"changes":[{"action":"create","resource":"secret","name":"key","permissions":["a:B"],
"settings":{"kms_key":"k","tags":{"a":"b"},"rotation":{"every":"30 days"}},"version":"v",
"origins":[{"locator":"env:SECRET_KEY"},{"locator":"code:a.py#1-2","field":"f"}],
"value":"differs"},{"action":"update","resource":"policy","name":"p","before":{"document":{}},
"settings":{"document":{"Statement":[]}}}],
"skipped":[{"path":"a.py","line":1,"name":"N","reason":"r"}],"harmless":[],
"dotenv":[{"locator":"code:a.py#1-2","field":"TOKEN"}],"missing":["m"],"read":{"b.py":"cc"}}
"""
SARIF = b"""\
{"version":"2.1.0","runs":[{"results":[{"ruleId":"r","locations":[{"physicalLocation":
{"artifactLocation":{"uri":"file:///a%20b/a.py"},"region":{"startLine":2}}}]},
{"locations":[{"physicalLocation":{"artifactLocation":{"uri":"./c\\\\a.py"},
"region":{"startLine":3}}}]}]}]}
"""
EVENT = b"""\
{"eventName":"GetSecretValue","eventSource":"secretsmanager.amazonaws.com",
"eventTime":"2024-01-15T10:30:45Z","userIdentity":{"type":"AssumedRole","principalId":"A:x",
"arn":"arn:aws:sts::1:assumed-role/r/s","accountId":"1","sessionContext":{"sessionIssuer":
{"userName":"web"}}},"sourceIPAddress":"10.0.0.1","recipientAccountId":"2","errorCode":
"AccessDenied","errorMessage":"not authorized on resource: arn","requestParameters":
{"secretId":"arn:aws:secretsmanager:us-east-1:1:secret:a-a1B2c3"},"resources":[{"ARN":"x"}]}
"""
TRAIL = b'{"Records":[' + EVENT + b"]}"
LOOKUP = b'{"Events":[{"CloudTrailEvent":"{\\"eventSource\\":\\"s3\\"}"},{}]}'
MAP = b"""\
from ._shield_runtime import SecretsManagerClient
client = SecretsManagerClient({"key": "SECRET_KEY", "db": {"user": "DB_USER"}}, optional=["key"])
"""
JSON_VALUE = b'{"password": "x\\ud83d", "value": null, "a": [1.5, {"b": true}], "key": 12}'
BASELINE = b'{"version": 1, "findings": [{"path":"a.py","rule":"CRED.x","name":"n","count":2}]}'
IGNORE = b"a.py\n# x\n*.py\n!a.py\n/b/\nc/**/d\n[a-c]?.txt\n\\#x\nfoo \\ \n**/logs\r\n!\n/\n"
PYPROJECT = b"""\
pyproject.toml
[project]
name = "shop"
dependencies = [
  "django>=5",  # why
  "boto3[crt]~=1.34; python_version < '4'",
]
[tool.poetry.dependencies]
python = "^3.11"
django = { version = "*", extras = ["bcrypt"] }
[tool.black]
line-length = 100
"""
REQUIREMENTS = b"requirements.txt\n-r base.txt\ndjango==5.0 \\\n  --hash=sha256:00\nboto3 # why\r\n"
LATIN = b"# -*- coding: latin-1 -*-\r\nimport os\r\nKEY = os.environ['\xe9_KEY'] + '\xe9'\r\n"
UTF16 = "password: 'Xk9-Lm2_Qw7z'\n".encode("utf-16")
COMPOSE = b"""\
docker-compose.yml
x-a: &a {SECRET_KEY: "x y"}
services:
  web:
    build: {context: ., args: [DB_USER=a]}
    environment:
      DB_PASSWORD: ${DB_PASSWORD:?}  # why
      SECRET_KEY: >-
        a
        b
      'DEBUG': "0"
    env_file: [.env]
  job:
    environment: [DB_USER, 'DB_PASSWORD=$$x', {name: DB_USER, value: a}]
"""
POD = b"""\
k8s.yaml
apiVersion: v1
kind: Pod
spec:
  containers:
    - name: web
      envFrom: [{configMapRef: {name: a}}]
      env:
        - name: SECRET_KEY
          valueFrom: {secretKeyRef: {name: a, key: b}}
        - {name: DB_USER, value: '\xc3\xa9'}
---
kind: Secret
apiVersion: v1
data: {SECRET_KEY: YQ==}
"""
TASK = b"""\
task-definition.json
{"taskRoleArn": "a", "containerDefinitions": [{"name": "web",
  "environment": [{"name": "SECRET_KEY", "value": "\\u00e9"}, {"name": "A", "value": "b"}],
  "secrets": [
    {
      "name": "DB_PASSWORD",
      "valueFrom": "arn:aws:secretsmanager:a"
    }
  ]}]}
"""
WORKFLOW = b"""\
on:
  push:
    branches: [main]
permissions:
  contents: read
env:
  SECRET_KEY: ${{ secrets.SECRET_KEY }}
jobs:
  build:
    if: github.ref == 'refs/heads/main' && success()
    runs-on: ubuntu-latest
    permissions: {}
    steps:
      - run: |
          echo "${{ secrets.DB_PASSWORD }}" '${{ secrets.SECRET_KEY }}'  # it's
  deploy:
    runs-on: [self-hosted, linux]
    environment: {name: live}

    # The steps.
    steps:
      - uses: actions/checkout@v4

      # Deploy.
      - env:
          DB_USER: x${{ secrets.DB_USER || 'a' }}
          DB_PASSWORD: ${{ secrets.DB_PASSWORD }} # why
        run: ./deploy.sh
      - uses: acme/notify@v1
        with: {key: '${{ secrets.SECRET_KEY }}'}
"""
SCRIPT = b"deploy.sh\nexport SECRET_KEY='a b' DB_USER=$X\ncat > .env <<E\nDB_PASSWORD=x\nE\n"
UNIT = b'app.service\n[Service]\nEnvironment="SECRET_KEY=a b" DB_USER=c\nEnvironmentFile=-/a\n'
TERRAFORM = b'main.tf\nresource "a" "b" { variables = { SECRET_KEY = "${x}", DB_USER = y } }\n'

K = b"import os\nSECRET_KEY = "
READ = b"os.environ['SECRET_KEY']"
URI = (
    b'{"version":"2.1.0","runs":[{"results":[{"locations":[{"physicalLocation":'
    b'{"artifactLocation":{"uri":"%s"},"region":{"startLine":1}}}]}]}]}'
)
# Inputs that once failed, or took quadratic time.
FOUND: dict[str, tuple[bytes, ...]] = {
    "dotenv": (b"';\rt\nt",),
    "credentials": (
        *(b"key=key=" * 1000, b"password=x" * 800, b'"password":{' * 700),
        b'{"name": "DB_PASSWORD", "value": "\\ud800"}\n',
    ),
    "python": (
        *(K + READ + b"+'x'" * 324, K + b"not " * 324 + READ, K + b"a" + b"[0]" * 327),
        *(K + b"lambda: " * 243 + READ, K + b"'x'+" * 489 + b"'x'", K + b"a" + b".b" * 986),
        K + READ + b"\nif x: pass\n" + b"elif x: pass\n" * 329,
        K + READ + b"+'x'" * 30 + b";'x'" + b"+'x'" * 30,
        b"import os\nif x: pass\n" + b"elif os.environ['SECRET_KEY']: pass\n" * 245,
    ),
    "project-file": (
        *(b"pyproject.toml\na=" + b"[" * 495, b"pyproject.toml\na=" + b"9" * 4301),
        b"setup.cfg\n[flake8]\nmax-line-length=" + b"9" * 4301,
    ),
    "deployment": (
        b".gitlab-ci.yml\n- SECRET_KEY",
        b'docker-compose.yml\nservices: {web: {env_file: "a\\0/b", environment: {SECRET_KEY: }}}',
        b'docker-compose.yml\nservices: {web: {env_file: "a\\0b", environment: {SECRET_KEY: }}}',
        b'task-definition.json\n{"a": {' + b'"environment": "", ' * 400 + b'"SECRET_KEY": 1}}',
    ),
    "workflow": (
        *(b"a ${{ secrets.A }}", b"jobs: {a: {steps: {b: {c: {d: '${{ secrets.A }}'}}}}}"),
        b"on: schedule\njobs:\n  deploy:\n    steps:\n      - - run: ${{ secrets.DB_USER }}\n",
        b"on: schedule\njobs:\n  deploy:\n  deploy:\n    steps: [run: '${{ secrets.DB_USER }}']\n",
    ),
    "gitignore": (b"*" * 90 + b"\n" + b"*" * 8000,),
    "pattern": (b"!!int", b"!!float ''", b"!!bool x", b"!!timestamp x"),
    "journal": (b'{"journal":"\xff"\n', b'{"run":"\xff\n', b'{"x":' + b"[" * 994 + b"\n"),
    "manifest": (b"a=" + b"9" * 4301,),
    "plan": (b'{"app":"\xff"', b'{"app":"a","read":{"' + b"a" * 256 + b'":""}}'),
    "baseline": (b'{"\xff":',),
    "sarif": (b'"\xff"', URI % (b"a" * 256), URI % b"//[", URI % b"//\xe2\x84\x80/a"),
    "sarif-code": (b"a" + b".b" * 330 + b"('T')", b"os" + b".a" * 329 + b".environ['TOKEN']"),
    "mask": (b"a.py\nx" + b" " * 4000 + b'"',),
    "suppressions": (b"# shield: ignore x" + b" " * 8000 + b"y",),
    "secret-value": (b'{"a":' + b"[" * 990, b'{"a":' + b"[" * 498 + b"]" * 498 + b"}"),
}
SEEDS: dict[str, tuple[bytes, ...]] = {
    "dotenv": (DOTENV, b"\xef\xbb\xbfA=1\rB='\\'x'\r\n", b"A"),
    "credentials": (CONFIG, SETTINGS, DOTENV, UTF16, base64.b64encode(CONFIG)),
    "python": (SETTINGS, MAP + SETTINGS, LATIN),
    "project-file": (
        *(PYPROJECT, REQUIREMENTS, b".env.example\n" + DOTENV, b".gitignore\n" + IGNORE),
        *(b"setup.cfg\n[flake8]\nmax-line-length = 99 # why\n", b"requirements.in\nboto3"),
        *(b"SECURITY_UPDATES.md\n# Updates\n\n## 1\n", b".gitattributes\n*.py text\n"),
    ),
    "deployment": (
        COMPOSE,
        POD,
        TASK,
        SCRIPT,
        UNIT,
        TERRAFORM,
        b"Dockerfile\nENV SECRET_KEY=a \\\n",
    ),
    "workflow": (WORKFLOW, WORKFLOW.replace(b"push:\n    branches: [main]", b"schedule:")),
    "pattern": (PATTERN, b"a: &a [*a]", b"!!int x"),
    "gitignore": (b"a.py\n" + IGNORE, b"logs/\n" + IGNORE, b"b/c/x\n*"),
    "journal": (JOURNAL, JOURNAL.partition(b"\n")[2]),
    "manifest": (MANIFEST, MANIFEST.partition(b"[monitoring]")[0], b'app.name = "a"'),
    "plan": (PLAN,),
    "baseline": (BASELINE,),
    "sarif": (SARIF,),
    "sarif-code": (SETTINGS, b'A: str = "x"', LATIN),
    "trail": (TRAIL, EVENT * 2, b"[" + EVENT + b"]", LOOKUP, gzip.compress(TRAIL, mtime=0)),
    "mask": (b"a.py\n" + SETTINGS, b".env\n" + DOTENV, b"a.toml\n" + MANIFEST, b"a.py\nx = 'y"),
    "suppressions": (CONFIG, b"# shield: ignore[A.b, C] why\nx <!-- shield:ignore[A -->\r\ry"),
    "secret-value": (JSON_VALUE, b"text", b"{", b"\xff\xfe"),
    "secret-map": (MAP, b"from ._shield_runtime import SecretsManagerClient as C\nC({}, {})"),
}


def repeat_part(raw: bytes, chance: random.Random, max_size: int) -> bytes:
    """Repeat a part many times, to find recursion and quadratic time."""
    start = chance.randrange(len(raw) + 1)
    part = raw[start : start + chance.choice((1, 2, 4, 30))]
    times = chance.choice((2, 50, 50, max_size)) if part else 0
    return (raw[:start] + part * times + raw[start:])[:max_size]
