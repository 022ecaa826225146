"""Every code block of the documentation is valid for the program that reads it.

test_docs.py runs the console and Python blocks.
"""

from __future__ import annotations

import configparser
import json
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import boto3
import msgspec
import psycopg
import pytest
import yaml
from botocore.validate import ParamValidator
from doc_blocks import ROOT, Block, blocks, pages, steps

from shield_ai.model.errors import ShieldError
from shield_ai.model.manifest import Manifest
from shield_ai.model.manifest_parser import parse_manifest
from shield_ai.scan.rules import pattern

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shield_ai.sandbox import LocalPostgres

OTHERS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
OTHERS.append(ROOT / "src/shield_runtime/README.md")
BLOCKS = [block for page in [*pages(), *OTHERS] for block in blocks(page)]
# https://docs.docker.com/reference/dockerfile/#overview
DOCKERFILE = re.compile(
    r"(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL|STOPSIGNAL"
    r"|USER|VOLUME|WORKDIR) \S"
)
SCHEMAS = {  # of check-jsonschema, by the name of the file and by the keys of a block without one
    "gitlab-ci": (r"\.gitlab-ci\.yml$", {"stages", "include"}),
    "github-workflows": (r"\.github/workflows/", {"on", "jobs"}),
    "compose-spec": (r"compose\.ya?ml$", {"services"}),
}


def check_python(block: Block) -> None:
    compile(block.text, str(block), "exec")


def check_toml(block: Block) -> None:
    """Check a part of shield.toml as a whole file, with the table that it requires."""
    tables = tomllib.loads(block.text)
    names = {field.encode_name for field in msgspec.structs.fields(Manifest)}
    if tables.keys() <= names:
        parse_manifest(block.text if "app" in tables else f'app = {{name = "a"}}\n{block.text}')


def check_json(block: Block) -> None:
    document = json.loads(block.text)
    if "containerDefinitions" in document:
        ecs = boto3.client("ecs", region_name="us-east-1")
        shape = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape
        assert not ParamValidator().validate(document, shape).has_errors()
    if "Statement" in document and "Principal" not in document["Statement"][0]:
        # parliament takes a trust policy for one of an identity.
        program = "import sys, parliament; print(*parliament.analyze_policy_string(sys.stdin.read()).findings)"
        assert run([sys.executable, "-c", program], block.text).strip() == ""


def check_yaml(block: Block, folder: Path) -> None:
    documents = [*yaml.safe_load_all(block.text)]
    for document in filter(lambda document: isinstance(document, dict), documents):
        if "apiVersion" in document:
            assert document["kind"]
            assert document["metadata"]["name"]
    if "patterns/" in block.title:
        pattern.parse_pattern(block.text, block.title, set())
    if block.title == ".pre-commit-config.yaml":
        check_hooks(documents[0])
    if schema := schema_of(block, documents[0]):
        path = folder / "block.yml"
        path.write_text(block.text, "utf-8")
        check_schema(schema, path)


def schema_of(block: Block, document: Any) -> str | None:
    keys = set(document) if isinstance(document, dict) and not block.title else set()
    for name, (file, typical) in SCHEMAS.items():
        if re.search(file, block.title) or keys & typical:
            return name
    return None


def check_schema(name: str, path: Path) -> None:
    command = ["-m", "check_jsonschema", "--builtin-schema", f"vendor.{name}", str(path)]
    run([sys.executable, *command])


def check_hooks(configuration: dict[str, Any]) -> None:
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    for repository in configuration["repos"]:
        assert repository["rev"]
        ids = {hook["id"] for hook in repository["hooks"]}
        if repository["repo"].endswith("/shield-ai"):
            assert ids <= {hook["id"] for hook in offered}


def check_console(block: Block) -> None:
    for command, _ in steps(block.text):
        check_shell(command)


def check_shell(text: str) -> None:
    run(["bash", "-n"], text)


def check_dockerfile(block: Block) -> None:
    text = re.sub(r"\\\n|^#.*\n", "", block.text, flags=re.MULTILINE)
    for line in filter(None, text.splitlines()):
        assert DOCKERFILE.match(line), line


def check_diff(block: Block) -> None:
    for line in block.text.splitlines():
        assert line == "" or line[0] in " +-@\\" or line.startswith(("diff ", "index ")), line


def run(command: list[str], text: str = "") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


CHECKS: dict[str, Callable[[Block], object]] = {
    "python": check_python,
    "toml": check_toml,
    "json": check_json,
    "console": check_console,
    "sh": lambda block: check_shell(block.text),
    "bash": lambda block: check_shell(block.text),
    "dockerfile": check_dockerfile,
    "diff": check_diff,
    "ini": lambda block: configparser.ConfigParser().read_string(block.text),
    "text": lambda _: None,
    "powershell": lambda _: None,  # has no parser outside PowerShell
}


@pytest.mark.parametrize("block", [pytest.param(block, id=str(block)) for block in BLOCKS])
def test_block_is_valid(block: Block, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if block.language == "sql":
        check_sql(block, request.getfixturevalue("postgres"))
    elif block.language == "yaml":
        check_yaml(block, tmp_path)
    else:
        CHECKS[block.language](block)  # a new language needs a check


def check_sql(block: Block, server: LocalPostgres) -> None:
    """Run the statements, with a role for the application, and undo them."""
    with server.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE shop LOGIN")
        connection.execute(block.text)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        pytest.param("github-workflows", ".github/workflows/ci.yml", id="ci"),
        pytest.param("github-workflows", ".github/workflows/release.yml", id="release"),
        pytest.param("github-actions", "action.yml", id="action"),
        pytest.param("readthedocs", ".readthedocs.yaml", id="readthedocs"),
    ],
)
def test_file_matches_the_schema_of_its_reader(name, file) -> None:
    check_schema(name, ROOT / file)


INVALID = (
    AssertionError,
    KeyError,
    ShieldError,
    SyntaxError,
    ValueError,
    configparser.Error,
    psycopg.Error,
)


def block_of(language: str, text: str, title: str = "") -> Block:
    return Block("page.md", 1, language, text, title, "")


@pytest.mark.parametrize(
    ("language", "title", "text"),
    [
        pytest.param("python", "", "def f(:", id="python"),
        pytest.param("toml", "", "a = ", id="toml"),
        pytest.param("toml", "", "[rotation]\nsubnet = []\n", id="key that shield.toml lacks"),
        pytest.param("json", "", '{"containerDefinitions": [{"nam": "web"}]}', id="ECS"),
        pytest.param("json", "", '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Nothing", "Resource": "*"}]}', id="IAM"),
        pytest.param("yaml", ".github/workflows/a.yml", "on: push\njobs: {a: {step: []}}\n", id="workflow"),
        pytest.param("yaml", "", "on: push\njobs: {a: {step: []}}\n", id="workflow without a title"),
        pytest.param("yaml", ".gitlab-ci.yml", "a: {scripts: x}\n", id="GitLab"),
        pytest.param("yaml", "docker-compose.yml", "services: {web: {env: {A: b}}}\n", id="compose"),
        pytest.param("yaml", "", "apiVersion: v1\nkind: Pod\nmetadata: {}\n", id="Kubernetes"),
        pytest.param("yaml", ".shield/patterns/a.yaml", "id: A\nrules: []\n", id="pattern"),
        pytest.param("yaml", ".pre-commit-config.yaml", "repos: [{repo: https://x/shield-ai, rev: v1, hooks: [{id: no}]}]\n", id="hook"),
        pytest.param("console", "", "$ echo 'a\n", id="console"),
        pytest.param("sh", "", "if true; then\n", id="sh"),
        pytest.param("dockerfile", "", "FROM a\nRUM b\n", id="Dockerfile"),
        pytest.param("diff", "", "a\n", id="diff"),
        pytest.param("ini", "", "a = b\n", id="ini"),
        pytest.param("sql", "", "GRANT nobody TO shop;", id="sql"),
        pytest.param("cobol", "", "", id="language without a check"),
    ],
)  # fmt: skip
def test_invalid_block_is_found(language, title, text, tmp_path, request) -> None:
    with pytest.raises(INVALID):
        test_block_is_valid(block_of(language, text, title), tmp_path, request)
