"""Edits of GitHub workflows: jobs read their secrets from AWS, and all other bytes remain."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scaling import assert_linear

from shield_ai.aws.export.platform import Target
from shield_ai.model.manifest import App, DeploymentEdits, Manifest, Secret
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project.deployment import workflow_choice, workflow_edits
from shield_ai.rewrite.project.deployment import workflows as module
from shield_ai.rewrite.project.deployment.outcome import NOT_EXACT
from shield_ai.rewrite.project.deployment.workflows import WorkflowInputs, edit_workflows
from shield_ai.scan.deployment import workflow_file, workflow_permissions, workflow_uses
from shield_ai.scan.deployment.finder import find_deployment
from shield_ai.scan.deployment.workflow_file import find_workflow

ZIZMOR = Path(sys.executable).with_name("zizmor")
PATH = ".github/workflows/deploy.yml"
MANIFEST = Manifest(
    app=App(name="shop", region="eu-west-1", prefix="shop/"),
    deployment=DeploymentEdits(edit=("github",), jobs=("deploy", "notify")),
    secret=(
        Secret(name="api-key", env="API_KEY"),
        Secret(name="mail-key", env="MAIL_KEY"),
        Secret(name="db", fields={"password": "DB_PASSWORD", "host": "DB_HOST"}),
    ),
)
HEAD = """\
name: Deploy
on:
  push:
    branches: [main]
permissions:
  contents: read
"""
JOB = """\
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
"""
SIGN_IN = """\
      - name: Sign in to AWS for the secrets
        id: shield-aws
        uses: aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3
        with:
          aws-region: eu-west-1
          role-to-assume: arn:aws:iam::123456789012:role/shop-github-actions
          audience: sts.amazonaws.com
          output-credentials: 'true'
          output-env-credentials: 'false'
"""
READ = """\
      - name: Read the NAME
        uses: aws-actions/aws-secretsmanager-get-secrets@2cb1a461cbd4865ac4299648312e4704c646cd53 # v3.0.1
        env:
          AWS_DEFAULT_REGION: eu-west-1
          AWS_ACCESS_KEY_ID: ${{ steps.shield-aws.outputs.aws-access-key-id }}
          AWS_SECRET_ACCESS_KEY: ${{ steps.shield-aws.outputs.aws-secret-access-key }}
          AWS_SESSION_TOKEN: ${{ steps.shield-aws.outputs.aws-session-token }}
        with:
          secret-ids: |
            IDS
          parse-json-secrets: 'JSON'
          name-transformation: none
"""
PERMISSIONS = """\
    permissions:
      contents: read
      id-token: write  # to read its secrets from AWS
"""
GRANTED = JOB.replace("    steps:", PERMISSIONS + "    steps:")


def edit(text, manifest=MANIFEST, unavailable=None, variables=()):
    """Return the edited workflow, the reasons of the lines that remain, and the next steps."""
    raw = text.encode()
    inputs = WorkflowInputs(
        files={PATH: find_workflow(raw)},
        variables=variables,
        unavailable=unavailable or {},
        target=Target(manifest=manifest, account="123456789012"),
        command="shield export --format github-actions",
    )
    changes, skipped, next_steps = edit_workflows(inputs)
    after = apply_edits(raw, changes[0].edits) if changes else raw
    return after.decode(), [(item.line, item.name, item.reason) for item in skipped], next_steps


def texts(*variables):
    ids = [f"{name},shop/{name.lower().replace('_', '-')}" for name in variables]
    lines = "\n            ".join(ids)
    return READ.replace("NAME", "secrets").replace("IDS", lines).replace("'JSON'", "'false'")


FIELDS = (
    READ.replace("NAME", "fields of secrets")
    .replace("IDS", "SecretShopDb,shop/db")
    .replace("'JSON'", "'true'")
)
# The steps of the job after the checkout, before and after the edits.
STEPS = [
    pytest.param(
        "      - name: Deploy\n        env:\n          API_KEY: ${{ secrets.API_KEY }}\n"
        "          STAGE: live\n        run: ./deploy.sh\n",
        SIGN_IN
        + texts("API_KEY")
        + "      - name: Deploy\n        env:\n          STAGE: live\n        run: ./deploy.sh\n",
        id="variable of a step",
    ),
    pytest.param(
        "      - name: Deploy\n        env:\n          API_KEY: ${{secrets.API_KEY}}  # the key\n"
        "        run: ./deploy.sh\n",
        SIGN_IN + texts("API_KEY") + "      - name: Deploy\n        run: ./deploy.sh\n",
        id="only variable of a step",
    ),
    pytest.param(
        "      - env:\n          API_KEY: ${{ secrets.api_key }}\n        run: ./deploy.sh\n",
        SIGN_IN + texts("API_KEY") + "      - run: ./deploy.sh\n",
        id="step that begins with env",
    ),
    pytest.param(
        "      - run: ./deploy.sh\n        env: {API_KEY: '${{ secrets.API_KEY }}'}\n"
        "      - run: ./other.sh\n",
        SIGN_IN + texts("API_KEY") + "      - run: ./deploy.sh\n      - run: ./other.sh\n",
        id="map in braces",
    ),
    pytest.param(
        "      - run: ./deploy.sh\n        env:\n          TOKEN: ${{ secrets.API_KEY }}\n"
        "          URL: https://u:${{ secrets.MAIL_KEY }}@host/\n",
        SIGN_IN
        + texts("API_KEY", "MAIL_KEY")
        + "      - run: ./deploy.sh\n        env:\n          TOKEN: ${{ env.API_KEY }}\n"
        "          URL: https://u:${{ env.MAIL_KEY }}@host/\n",
        id="other name, and a part of a value",
    ),
    pytest.param(
        "      - uses: acme/deploy@v1\n        with:\n          key: ${{ secrets.API_KEY || 'none' }}\n"
        '          host: "${{ secrets.HOST }}"\n',
        SIGN_IN
        + texts("API_KEY")
        + "      - uses: acme/deploy@v1\n        with:\n          key: ${{ env.API_KEY || 'none' }}\n"
        '          host: "${{ secrets.HOST }}"\n',
        id="input of an action",
    ),
    pytest.param(
        "      - run: ./deploy.sh\n        env:\n          DB_PASSWORD: ${{ secrets.DB_PASSWORD }}\n"
        "          API_KEY: ${{ secrets.API_KEY }}\n",
        SIGN_IN + texts("API_KEY") + FIELDS + "      - run: ./deploy.sh\n        env:\n"
        "          DB_PASSWORD: ${{ env.SecretShopDb_password }}\n",
        id="field of a JSON secret",
    ),
    pytest.param(
        "      - run: |\n          # don't log it\n"
        '          curl -H "Key: ${{ secrets.API_KEY }}" -u x:${{ secrets.DB_PASSWORD }}\n'
        '          curl -d \'{"key": "${{ secrets.API_KEY }}"}\' "$(cat \'${{ secrets.API_KEY }}\')"\n',
        SIGN_IN + texts("API_KEY") + FIELDS + "      - run: |\n          # don't log it\n"
        '          curl -H "Key: ${API_KEY}" -u x:"${SecretShopDb_password}"\n'
        '          curl -d \'{"key": "\'"${API_KEY}"\'"}\' "$(cat \'\'"${API_KEY}"\'\')"\n',
        id="script",
    ),
    pytest.param(
        "\n      # Build it.\n      - run: make\n\n      # Deploy it.\n      # Now.\n"
        "      - run: ./deploy.sh $API_KEY\n\n      - uses: acme/log@v1\n"
        "        with:\n          key: ${{ secrets.API_KEY }}\n",
        "\n      # Build it.\n      - run: make\n\n"
        + SIGN_IN
        + "\n"
        + texts("API_KEY")
        + "\n      # Deploy it.\n      # Now.\n      - run: ./deploy.sh $API_KEY\n\n"
        "      - uses: acme/log@v1\n        with:\n          key: ${{ env.API_KEY }}\n",
        id="before the first step with its name, and the comments of that step",
    ),
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("before", "after"), STEPS)
def test_steps(before, after, newline):
    text = (HEAD + JOB + before).replace("\n", newline)
    found, skipped, next_steps = edit(text)
    assert found == (HEAD + GRANTED + after).replace("\n", newline)
    assert not skipped
    role = "shop-github-actions"
    command = "shield export --format github-actions"
    assert next_steps == [module.ROLE.format(PATH, role, f"{command} --branch main")]
    assert edit(found) == (found, [], [])


STEP = "      - run: ./deploy.sh\n        env:\n          API_KEY: ${{ secrets.API_KEY }}\n"
INSERTED = SIGN_IN + texts("API_KEY")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            HEAD + JOB.replace("    steps:", "    env:\n      API_KEY: ${{ secrets.API_KEY }}\n"
                               "      TOKEN: ${{ secrets.MAIL_KEY }}\n    steps:")
            + "      - run: x\n",
            HEAD
            + GRANTED.replace(
                "      - uses",
                SIGN_IN
                + texts("API_KEY", "TOKEN").replace("shop/token", "shop/mail-key")
                + "      - uses",
            )
            + "      - run: x\n",
            id="env of a job",
        ),
        pytest.param(
            HEAD + "env:\n  API_KEY: ${{ secrets.API_KEY }}\n  A: b\n" + JOB,
            HEAD + "env:\n  A: b\n" + GRANTED.replace("      - uses", INSERTED + "      - uses"),
            id="env of the workflow",
        ),
        pytest.param(
            HEAD + "\nenv:\n  API_KEY: ${{ secrets.API_KEY }}\n\n" + JOB,
            HEAD + "\n" + GRANTED.replace("      - uses", INSERTED + "      - uses"),
            id="only variable of the workflow",
        ),
        pytest.param(
            HEAD + JOB.replace("    steps", "    permissions: {contents: write}\n    steps") + STEP,
            HEAD
            + JOB.replace(
                "    steps",
                "    permissions: {contents: write, id-token: write}"
                "  # to read its secrets from AWS\n    steps",
            )
            + INSERTED
            + "      - run: ./deploy.sh\n",
            id="permissions of the job in braces",
        ),
        pytest.param(
            HEAD + JOB.replace("    steps", "    permissions: {}\n    steps") + STEP,
            HEAD
            + JOB.replace(
                "    steps",
                "    permissions: {id-token: write}  # to read its secrets from AWS\n    steps",
            )
            + INSERTED
            + "      - run: ./deploy.sh\n",
            id="no permissions",
        ),
        pytest.param(
            HEAD + JOB.replace("    steps", "    permissions: { } # none\n    steps") + STEP,
            HEAD
            + JOB.replace("    steps", "    permissions: {id-token: write } # none\n    steps")
            + INSERTED
            + "      - run: ./deploy.sh\n",
            id="no permissions, with a comment",
        ),
        pytest.param(
            HEAD
            + JOB.replace("    steps", "    permissions:\n      packages: write # push\n    steps")
            + STEP,
            HEAD
            + JOB.replace(
                "    steps",
                "    permissions:\n      packages: write # push\n"
                "      id-token: write  # to read its secrets from AWS\n    steps",
            )
            + INSERTED
            + "      - run: ./deploy.sh\n",
            id="permissions of the job",
        ),
        pytest.param(
            HEAD.replace("contents: read", "id-token: write") + JOB + STEP,
            HEAD.replace("contents: read", "id-token: write")
            + JOB
            + INSERTED
            + "      - run: ./deploy.sh\n",
            id="permission of the workflow",
        ),
        pytest.param(
            HEAD.replace("contents: read", "contents: read\n  packages: write") + JOB + STEP,
            HEAD.replace("contents: read", "contents: read\n  packages: write")
            + GRANTED.replace(
                "read\n", "read\n      packages: write  # as for the whole workflow\n"
            )
            + INSERTED
            + "      - run: ./deploy.sh\n",
            id="other permissions of the workflow",
        ),
        pytest.param(
            HEAD.replace(":\n  contents: read", ": write-all") + JOB + STEP,
            HEAD.replace(":\n  contents: read", ": write-all")
            + JOB
            + INSERTED
            + "      - run: ./deploy.sh\n",
            id="all permissions",
        ),
    ],
)  # fmt: skip
def test_jobs_and_workflows(before, after):
    found, skipped, _ = edit(before)
    assert found == after
    assert not skipped


def test_default_permissions_are_named_in_the_plan():
    text = HEAD.partition("permissions")[0] + JOB + STEP
    found, _, next_steps = edit(text)
    assert yaml.safe_load(found)["jobs"]["deploy"]["permissions"] == {
        "contents": "read",
        "id-token": "write",
    }
    assert module.PERMISSIONS.format(PATH, "deploy") in next_steps


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param("environment: live eu", id="name"),
        pytest.param("environment:\n      name: live eu\n      url: https://x", id="map"),
    ],
)
def test_job_with_an_environment(environment):
    text = HEAD.replace("[main]", "['**']") + JOB.replace(
        "    steps:", f"    {environment}\n    steps:"
    )
    found, skipped, next_steps = edit(text + STEP)
    assert "API_KEY,shop/api-key" in found
    assert not skipped
    assert next_steps[0].endswith("--github-environment 'live eu'")


def job(lines="", **values):
    """Return a workflow with a job that has more lines, and the step STEP with some changes."""
    text = HEAD + JOB.replace("    steps:", lines + "    steps:") + STEP
    for old, new in values.values():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            job("    env:\n      ALL: ${{ toJSON(secrets) }}\n"),
            workflow_file.COMPUTED,
            id="all secrets",
        ),
        pytest.param(
            job("    env:\n      ONE: ${{ secrets[matrix.key] }}\n"),
            workflow_file.COMPUTED,
            id="computed name",
        ),
        pytest.param(
            job("    env:\n      API_KEY: test\n"),
            workflow_choice.OTHER_VALUE.format("API_KEY"),
            id="another value in the job",
        ),
        pytest.param(
            job(old=("permissions:\n", "env:\n  API_KEY: x\npermissions:\n")),
            workflow_choice.OTHER_VALUE.format("API_KEY"),
            id="another value in the workflow",
        ),
        pytest.param(
            job("    env:\n      KEY: a${{ secrets.API_KEY }}\n"),
            workflow_choice.COMBINED_IN_JOB.format("KEY"),
            id="part of a value of the job",
        ),
        pytest.param(
            job("    env:\n      GITHUB_KEY: ${{ secrets.API_KEY }}\n"),
            workflow_choice.RESERVED,
            id="reserved name",
        ),
        pytest.param(
            job("    env:\n      AWS_ACCESS_KEY_ID: ${{ secrets.API_KEY }}\n"),
            workflow_choice.AWS_LOGIN.format("AWS_ACCESS_KEY_ID"),
            id="login to AWS",
        ),
        pytest.param(
            job("    env:\n      MAIL_KEY: ${{ secrets.API_KEY }}\n"),
            workflow_choice.OTHER_VALUE.format("MAIL_KEY"),
            id="variable of another secret",
        ),
        pytest.param(
            job("    services:\n      db:\n        image: x\n        env:\n"
                "          KEY: ${{ secrets.API_KEY }}\n"),
            workflow_uses.BEFORE_STEPS.format("services"),
            id="service",
        ),
        pytest.param(
            job("    container:\n      image: x\n      credentials:\n"
                "        password: ${{ secrets.API_KEY }}\n"),
            workflow_uses.BEFORE_STEPS.format("container"),
            id="container",
        ),
        pytest.param(
            job(old=("run: ./deploy.sh", "if: failure()\n        run: ./deploy.sh")),
            workflow_choice.STATUS.format("failure()"),
            id="step after a failure",
        ),
        pytest.param(
            job(old=("run: ./deploy.sh", "name: ${{ secrets.API_KEY }}\n        run: x")),
            workflow_uses.OTHER_KEY.format("name"),
            id="name of a step",
        ),
        pytest.param(
            job(old=("run: ./deploy.sh", "uses: a/b@v1\n        with: {script: '${{ secrets.API_KEY }}'}")),
            workflow_uses.SCRIPT.format("script"),
            id="script of an action",
        ),
        pytest.param(
            job(old=("run: ./deploy.sh", "run: echo ${{ secrets.API_KEY || 'x' }}")),
            workflow_uses.COMPLEX,
            id="expression in a script",
        ),
        pytest.param(
            job(old=("run: ./deploy.sh", "shell: pwsh\n        run: echo ${{ secrets.API_KEY }}")),
            workflow_uses.SHELL,
            id="PowerShell",
        ),
        pytest.param(
            job("    defaults: {run: {shell: pwsh}}\n",
                old=("run: ./deploy.sh", "run: echo ${{ secrets.API_KEY }}")),
            workflow_uses.SHELL,
            id="PowerShell by default",
        ),
        pytest.param(
            job(old=("ubuntu-latest", "windows-latest"),
                run=("run: ./deploy.sh", "run: echo ${{ secrets.API_KEY }}")),
            workflow_uses.SHELL,
            id="script on Windows",
        ),
        pytest.param(
            job(old=("run: ./deploy.sh",
                     "run: |\n          cat <<'E'\n          ${{ secrets.API_KEY }}\n          E")),
            workflow_uses.QUOTE,
            id="here-document",
        ),
        pytest.param(
            job(old=("run: ./deploy.sh", "run: |\n          # ${{ secrets.API_KEY }}")),
            workflow_uses.QUOTE,
            id="comment in a script",
        ),
        pytest.param(
            job(old=("run: ./deploy.sh", 'run: "echo ${{ secrets.API_KEY }}"')),
            NOT_EXACT,
            id="script in quotes",
        ),
        pytest.param(
            job(old=("actions/checkout@v4", "aws-actions/aws-secretsmanager-get-secrets@v3")),
            workflow_file.READS_SECRETS,
            id="reads other secrets",
        ),
        pytest.param(
            job("    permissions: read-all\n"),
            workflow_permissions.NOT_EXTENDABLE.format("read-all"),
            id="read-all",
        ),
        pytest.param(
            job("    permissions: {id-token: none}\n"),
            workflow_permissions.NO_TOKEN.format("none"),
            id="no token",
        ),
        pytest.param(
            job(old=("permissions:\n  contents: read\n", ""), run=("./deploy.sh", "git push")),
            workflow_permissions.UNKNOWN.format("git push"),
            id="unknown permissions, git push",
        ),
        pytest.param(
            job(old=("permissions:\n  contents: read\n", ""), uses=("actions/checkout", "a/b")),
            workflow_permissions.UNKNOWN.format("a/b@v4"),
            id="unknown permissions, action",
        ),
        pytest.param(
            job(old=("      - uses", "      -\n        uses"), run=(
                "      - run: ./deploy.sh\n        env:\n",
                "      -\n        run: ./deploy.sh\n        env:\n")),
            workflow_edits.LAYOUT,
            id="dash on its own line",
        ),
        pytest.param(
            job(old=("env:\n          API_KEY: ${{ secrets.API_KEY }}",
                     "env: {A: b, API_KEY: '${{ secrets.API_KEY }}'}")),
            workflow_edits.LAYOUT,
            id="one of several in braces",
        ),
        pytest.param(
            HEAD + "env:\n  API_KEY: ${{ secrets.API_KEY }}\n" + JOB
            + "  other:\n    runs-on: x\n    steps:\n      - run: x\n",
            workflow_choice.COMMON.format("other"),
            id="env of a workflow with another job",
        ),
        pytest.param(
            job(old=("${{ secrets.API_KEY }}", "${{ secrets.LIVE_KEY }}")),
            module.OTHER_SECRET.format("LIVE_KEY"),
            id="secret with another name",
        ),
        pytest.param(
            job("    uses: ./.github/workflows/x.yml\n    secrets:\n      API_KEY: ${{ secrets.API_KEY }}\n"),
            workflow_file.CALLS,
            id="called workflow",
        ),
        pytest.param(
            job(old=("permissions:\n", "x-key: &key 1\ny: *key\npermissions:\n")),
            "",
            id="alias",
        ),
    ],
)  # fmt: skip
def test_what_remains(text, reason):
    found, skipped, next_steps = edit(text)
    assert found == text
    assert not next_steps
    if reason:
        assert reason in {item[2] for item in skipped}
        assert all(item[2] for item in skipped)


def test_field_in_the_env_of_a_job_remains():
    text = job("    env:\n      DB_PASSWORD: ${{ secrets.DB_PASSWORD }}\n")
    found, skipped, _ = edit(text)
    assert "      DB_PASSWORD: ${{ secrets.DB_PASSWORD }}\n" in found
    assert "shop/api-key" in found
    assert skipped == [(11, "DB_PASSWORD", workflow_choice.FIELD_IN_JOB.format("DB_PASSWORD"))]


def test_workflow_that_calls_with_inherited_secrets_has_no_lines():
    text = (
        HEAD + "jobs:\n  deploy:\n    uses: a/b/.github/workflows/x.yml@v1\n    secrets: inherit\n"
    )
    assert edit(text) == (text, [], [])


@pytest.mark.parametrize(
    ("name", "is_edited"),
    [
        pytest.param("deploy", True, id="job"),
        pytest.param("deploy.yml:deploy", True, id="job of the file"),
        pytest.param("release.yml:deploy", False, id="job of another file"),
        pytest.param("deploy.yml:test", False, id="another job"),
    ],
)
def test_name_of_a_job(name, is_edited):
    text = HEAD + JOB + STEP
    deployment = DeploymentEdits(edit=("github",), jobs=(name,))
    found, _, _ = edit(text, msgspec.structs.replace(MANIFEST, deployment=deployment))
    assert (found != text) is is_edited


def test_lines_of_jobs_that_are_not_named(tmp_path):
    step = "      - run: echo ${{ secrets.MAIL_KEY }}\n        env: {API_KEY: x-9Tq2-Lm4}\n"
    other = "  other:\n    runs-on: x\n    steps:\n" + step
    text = "env:\n  MAIL_KEY: ${{ secrets.MAIL_KEY }}\n" + HEAD + JOB + STEP + other
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / PATH).write_text(text)
    variables = find_deployment(tmp_path, MANIFEST.secret).variables
    assert edit(text, variables=variables)[1] == [
        (2, "MAIL_KEY", workflow_choice.COMMON.format("other")),
        (21, "API_KEY", module.NOT_NAMED.format("other")),
    ]
    deployment = DeploymentEdits(edit=("github",), jobs=("release.yml:deploy",))
    manifest = msgspec.structs.replace(MANIFEST, deployment=deployment)
    skipped = edit(text, manifest, variables=variables)[1]
    assert {item[2] for item in skipped} == {module.NO_JOB}
    assert {item[0] for item in skipped} == {2, 16, 21}


def test_lines_of_the_added_steps_are_not_listed(tmp_path):
    step = (
        "      - run: echo\n        env:\n"
        "          API_KEY: ${{ secrets.API_KEY }}\n"
        "          DB_PASSWORD: ${{ secrets.DB_PASSWORD }}\n"
    )
    text, *_ = edit(HEAD + JOB + step)
    assert "DB_PASSWORD: ${{ env." in text
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / PATH).write_text(text)
    variables = find_deployment(tmp_path, MANIFEST.secret).variables
    assert variables
    assert edit(text, variables=variables) == (text, [], [])


def test_variable_without_a_value_in_aws_remains():
    text = HEAD + JOB + STEP
    found, skipped, _ = edit(text, unavailable={"API_KEY": "no value"})
    assert found == text
    assert skipped == [(14, "API_KEY", "no value")]


def test_names_that_differ_in_case_only_remain():
    secrets = (Secret(name="a", env="API_KEY"), Secret(name="b", env="api_key"))
    found, skipped, _ = edit(HEAD + JOB + STEP, msgspec.structs.replace(MANIFEST, secret=secrets))
    assert found == HEAD + JOB + STEP
    assert skipped[0][2] == workflow_choice.SAME_SECRET


def test_word_in_lower_case_is_not_the_variable():
    text = HEAD + JOB + "      - run: x\n        env: {api_key: y}\n        if: failure()\n" + STEP
    found, skipped, _ = edit(text)
    assert found.index("if: failure()") < found.index("id: shield-aws")
    assert not skipped


@pytest.mark.parametrize(
    ("name", "is_code"),
    [
        pytest.param("inlineScript", True, id="script"),
        pytest.param("cf_command", True, id="command"),
        pytest.param("passcode", False, id="passcode"),
        pytest.param("description", False, id="description"),
    ],
)
def test_input_that_is_code(name, is_code):
    text = (
        HEAD
        + JOB
        + f"      - uses: a/b@v1\n        with: {{{name}: '${{{{ secrets.API_KEY }}}}'}}\n"
    )
    found, skipped, _ = edit(text)
    assert (found == text) is is_code
    assert bool(skipped) is is_code


def test_two_jobs_with_a_variable_of_the_workflow():
    text = HEAD + "env:\n  API_KEY: ${{ secrets.API_KEY }}\n" + JOB + JOB.partition("\n")[2]
    text = text.replace("  deploy:\n", "  notify:\n", 1)
    found, skipped, _ = edit(text)
    jobs = yaml.safe_load(found)["jobs"]
    assert [len(job["steps"]) for job in jobs.values()] == [3, 3]
    assert "env" not in yaml.safe_load(found)
    assert not skipped


@pytest.mark.skipif(not ZIZMOR.exists(), reason="zizmor is not installed")
def test_edits_cause_no_finding_of_zizmor(tmp_path):
    counts = []
    for number in (0, 1):
        folder = tmp_path / str(number) / ".github/workflows"
        folder.mkdir(parents=True)
        for case in STEPS:
            text = HEAD + JOB + case.values[0]
            name = case.id.replace(" ", "-")
            (folder / f"{name}.yml").write_text(edit(text)[0] if number else text)
        command = [ZIZMOR, "--offline", "--no-progress", "--no-exit-codes", "--format=json"]
        command.append("--persona=pedantic")
        done = subprocess.run([*command, "."], cwd=folder, capture_output=True, check=True)
        counts.append(Counter(finding["ident"] for finding in json.loads(done.stdout)))
    assert counts[1] <= counts[0]


LINES = st.sampled_from(
    [
        "        env:\n          API_KEY: ${{ secrets.API_KEY }}\n",
        "        env:\n          A: b # c\n\n          API_KEY: ${{ secrets.API_KEY }}\n          B: d\n",
        "        env:\n          KEY: '${{ secrets.DB_PASSWORD }}'\n          DB_HOST: x\n",
        "        env: {API_KEY: '${{ secrets.API_KEY }}', MAIL_KEY: '${{ secrets.MAIL_KEY }}'}\n",
        "        with:\n          key: >-\n            ${{ secrets.API_KEY }}\n            é\n",
        "        with: {key: \"${{ secrets.MAIL_KEY }}\", 'script': x}\n",
        "        if: always()\n",
        "        # secrets.API_KEY\n",
        "        shell: bash\n",
    ]
)
RUNS = st.sampled_from(
    [
        "      - uses: a/b@v1\n",
        "      - run: echo '${{ secrets.API_KEY }}'\n",
        '      - run: |\n          # it\'s\n          a "b ${{ secrets.DB_PASSWORD }}" >c\n',
        '      - name: x\n        run: >\n          a\n          "${{ secrets.API_KEY }}"\n',
        "\n      # comment\n      - run: x\n",
        "      -   run: y\n          env:\n            API_KEY: ${{ secrets.API_KEY }}\n",
    ]
)


@given(st.lists(st.tuples(RUNS, st.lists(LINES, max_size=2, unique=True)), max_size=4))
def test_lines_that_are_not_edited_remain(steps):
    text = HEAD + JOB + "".join(run + "".join(lines) for run, lines in steps)
    try:
        parsed = yaml.safe_load(text)
    except yaml.YAMLError:
        parsed = None
    found, skipped, _ = edit(text)
    if parsed is None:
        assert found == text
        return
    kept = [line for line in text.splitlines() if "secrets." not in line and "env" not in line]
    lines = iter(found.splitlines())
    assert all(any(line == other for other in lines) for line in kept)
    if found == text:
        assert skipped or "{ secrets." not in text
    after = yaml.safe_load(found)
    assert after["jobs"]["deploy"]["steps"][0] == parsed["jobs"]["deploy"]["steps"][0]
    assert "secrets.API_KEY }" not in found or skipped


def test_time_is_linear():
    step = "      - run: echo \"${{ secrets.API_KEY }}\" 'x' $(y)\n        env:\n          A: b\n"

    def run(size):
        edit(HEAD + JOB + step * size)

    assert_linear(run, 40)
