"""Edits of GitLab pipelines: jobs read their secrets from AWS, and all other bytes remain."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scaling import assert_linear

from shield_ai.aws.export.platform import Target
from shield_ai.model.manifest import App, DeploymentEdits, Manifest, Secret
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project.deployment import pipeline_choice, workflow_choice, workflows
from shield_ai.rewrite.project.deployment.pipeline_check import PipelineEdit, is_exact_pipeline_edit
from shield_ai.rewrite.project.deployment.pipelines import PipelineInputs, edit_pipelines
from shield_ai.scan.deployment import (
    pipeline_file,
    pipeline_job,
    pipeline_rules,
    pipeline_scripts,
    pipeline_uses,
)
from shield_ai.scan.deployment.compose_files import ComposeFiles
from shield_ai.scan.deployment.file_search import FileSearch
from shield_ai.scan.deployment.pipeline_file import find_pipeline

PATH = ".gitlab-ci.yml"
MANIFEST = Manifest(
    app=App(name="shop", region="eu-west-1", prefix="shop/"),
    deployment=DeploymentEdits(edit=("gitlab",), jobs=("deploy", "deploy eu")),
    secret=(
        Secret(name="api-key", env="API_KEY"),
        Secret(name="mail-key", env="MAIL_KEY"),
        Secret(name="ci-key", env="CI_API_KEY"),
        Secret(name="aws-key", env="AWS_ACCESS_KEY_ID"),
        Secret(name="db", fields={"password": "DB_PASSWORD", "host name": "DB_HOST"}),
    ),
)
RULES = """\
  image: registry.gitlab.com/gitlab-org/cloud-deploy/aws-base:latest
  rules:
    - if: $CI_COMMIT_BRANCH == "main"
"""
HEAD = "stages: [build, deploy]  # é\n\nbuild:\n  script: [make]\n\ndeploy:\n  stage: deploy\n"
TOKEN = "  id_tokens:\n    SHIELD_AWS_TOKEN:\n      aud: sts.amazonaws.com\n"
COMMAND = """\
    - |
      # Read the secrets from AWS with the ID token of the job
      set +x
      shield_aws() (
        unset AWS_PROFILE AWS_DEFAULT_PROFILE
        export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
        export AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1
        aws "$@" --output text
      )
      shield_sign_in() (
        token=$(mktemp) || exit 1
        trap 'rm -f "$token"' EXIT
        printf %s "$SHIELD_AWS_TOKEN" > "$token"
        shield_aws sts assume-role-with-web-identity --web-identity-token "file://$token" \\
          --role-arn arn:aws:iam::123456789012:role/shop-gitlab-ci \\
          --role-session-name "gitlab-ci-$CI_JOB_ID" --duration-seconds 900 \\
          --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]'
      )
      shield_secret() (
        set -- "$1" $SHIELD_LOGIN
        export AWS_ACCESS_KEY_ID="$2" AWS_SECRET_ACCESS_KEY="$3" AWS_SESSION_TOKEN="$4"
        shield_aws secretsmanager get-secret-value --secret-id "$1" --query SecretString
      )
      SHIELD_LOGIN=$(shield_sign_in) || exit 1
"""
END = "      unset SHIELD_AWS_TOKEN SHIELD_LOGIN\n"


def read(*names):
    """Return the command that reads texts."""
    lines = [
        f"      {name}=$(shield_secret shop/{name.lower().replace('_', '-')}) || exit 1\n"
        f"      export {name}\n"
        for name in names
    ]
    return COMMAND + "".join(lines) + END


FIELD = """\
      SHIELD_JSON=$(shield_secret shop/db) || exit 1
      DB_PASSWORD=$(printf %s "$SHIELD_JSON" | jq -er '.["password"]') || exit 1
      export DB_PASSWORD
      unset SHIELD_AWS_TOKEN SHIELD_LOGIN SHIELD_JSON
"""


def edit(text, manifest=MANIFEST, unavailable=None, different=None, variables=()):
    """Return the edited pipeline, the reasons of the lines that remain, and the next steps."""
    raw = text.encode()
    inputs = PipelineInputs(
        files={PATH: find_pipeline(raw, manifest.variables())},
        variables=variables,
        unavailable=unavailable or {},
        different=different or {},
        target=Target(manifest=manifest, account="123456789012"),
        command="shield export --format gitlab-ci",
    )
    changes, skipped, next_steps = edit_pipelines(inputs)
    after = apply_edits(raw, changes[0].edits) if changes else raw
    return after.decode(), [(item.line, item.name, item.reason) for item in skipped], next_steps


EDITS = [
    pytest.param(
        '  script:\n    - curl -H "Key:$API_KEY" https://x/\n',
        TOKEN + "  script:\n" + read("API_KEY") + '    - curl -H "Key:$API_KEY" https://x/\n',
        id="read in the script",
    ),
    pytest.param(
        "  variables:\n    API_KEY: a-long-value-1234\n    STAGE: live\n  script:\n    - ./deploy.sh\n",
        "  variables:\n    STAGE: live\n" + TOKEN + "  script:\n" + read("API_KEY")
        + "    - ./deploy.sh\n",
        id="value in the file",
    ),
    pytest.param(
        '  variables:\n    API_KEY: "${API_KEY}"\n  before_script:\n    # Prepare it.\n    - make\n'
        "  script:\n    - ./deploy.sh $MAIL_KEY\n",
        TOKEN + "  before_script:\n" + read("API_KEY", "MAIL_KEY") + "    # Prepare it.\n    - make\n"
        "  script:\n    - ./deploy.sh $MAIL_KEY\n",
        id="before_script, and the only variable",
    ),
    pytest.param(
        "  script:\n    - |\n      jq . x\n      mysql -p${DB_PASSWORD} < x.sql\n",
        TOKEN + "  script:\n" + COMMAND + FIELD
        + "    - |\n      jq . x\n      mysql -p${DB_PASSWORD} < x.sql\n",
        id="field of a JSON secret",
    ),
    pytest.param(
        "  id_tokens:\n    VAULT:\n      aud: https://vault\n  script:\n    - x $API_KEY\n",
        "  id_tokens:\n    VAULT:\n      aud: https://vault\n    SHIELD_AWS_TOKEN:\n"
        "      aud: sts.amazonaws.com\n  script:\n" + read("API_KEY") + "    - x $API_KEY\n",
        id="another token",
    ),
    pytest.param(
        '  script:\n    - echo "$API_KEY" | docker login --password-stdin\n    - "a: $MAIL_KEY"\n',
        TOKEN + "  script:\n" + read("API_KEY", "MAIL_KEY")
        + '    - echo "$API_KEY" | docker login --password-stdin\n    - "a: $MAIL_KEY"\n',
        id="passed through a pipe",
    ),
    pytest.param(
        "\n  # What to do.\n  script:\n    - >-\n      ./deploy.sh\n      $API_KEY\n",
        "\n" + TOKEN + "  # What to do.\n  script:\n" + read("API_KEY")
        + "    - >-\n      ./deploy.sh\n      $API_KEY\n",
        id="comment and folded text",
    ),
]  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("before", "after"), EDITS)
def test_job(before, after, newline):
    found, skipped, next_steps = edit((HEAD + RULES + before).replace("\n", newline))
    assert found == (HEAD + RULES + after).replace("\n", newline)
    assert not skipped
    command = "shield export --format gitlab-ci --branch main"
    assert next_steps[0] == workflows.ROLE.format(PATH, "shop-gitlab-ci", command)
    assert next_steps[1].startswith(f"{PATH}: the job deploy reads ")
    assert edit(found) == (found, [], [])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "  script:\n    - apk add --no-cache aws-cli jq\n    - x $DB_PASSWORD\n",
            "  script:\n    - apk add --no-cache aws-cli jq\n" + COMMAND + FIELD
            + "    - x $DB_PASSWORD\n",
            id="after the installation",
        ),
        pytest.param(
            "  script:\n    - . env/bin/activate\n    - aws s3 ls\n    - x $API_KEY\n",
            "  script:\n    - . env/bin/activate\n" + read("API_KEY") + "    - aws s3 ls\n    - x $API_KEY\n",
            id="before the first use of the AWS CLI",
        ),
        pytest.param(
            "  script:\n    - curl https://awscli.amazonaws.com/awscli-exe-linux-x86_64.zip -o a.zip\n    - ./aws/install\n"
            "    - x $API_KEY\n    - aws s3 ls\n",
            "  script:\n    - curl https://awscli.amazonaws.com/awscli-exe-linux-x86_64.zip -o a.zip\n    - ./aws/install\n"
            + read("API_KEY") + "    - x $API_KEY\n    - aws s3 ls\n",
            id="after the last command of an installation",
        ),
    ],
)  # fmt: skip
def test_other_images(before, after):
    rules = RULES.replace("registry.gitlab.com/gitlab-org/cloud-deploy/aws-base:latest", "alpine")
    found, skipped, _ = edit(HEAD + rules + before)
    assert found == HEAD + rules + after.replace("  script:", TOKEN + "  script:")
    assert not skipped


@pytest.mark.skipif(not find_spec("check_jsonschema"), reason="check-jsonschema is not installed")
def test_edited_pipelines_are_valid_by_the_schema_of_gitlab(tmp_path):
    for number, case in enumerate(EDITS):
        (tmp_path / f"{number}.yml").write_text(edit(HEAD + RULES + case.values[0])[0])
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    done = subprocess.run(
        [*command, *tmp_path.iterdir()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_variables_of_the_pipeline():
    common = "variables:\n  API_KEY: a-long-value-1234\n  A: b\n\n"
    job = "deploy:\n" + RULES + "  script:\n    - ./deploy.sh\n"
    found, skipped, _ = edit(common + job)
    assert not skipped
    assert yaml.safe_load(found)["variables"] == {"A": "b"}
    other = common + job + "\ntest:\n  script: [make]\n"
    found, skipped, _ = edit(other)
    assert found == other
    assert skipped == [(2, "API_KEY", pipeline_choice.COMMON.format("test"))]


def job(lines="", script='curl -H "Key:$API_KEY" x', **values):
    """Return a pipeline with a job that has more lines, with some changes."""
    text = f"{HEAD}{RULES}{lines}  script:\n    - {script}\n"
    for old, new in values.values():
        assert old in text
        text = text.replace(old, new)
    return text


IMAGE = "registry.gitlab.com/gitlab-org/cloud-deploy/aws-base:latest"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            job(old=("deploy:", "a:")), workflows.NO_JOB, id="no job is named"
        ),
        pytest.param("include: /a.yml\n" + job(), pipeline_file.INCLUDES, id="include"),
        pytest.param(job("  extends: .a\n"), pipeline_job.OTHER_KEY.format("extends"), id="extends"),
        pytest.param(
            job() + "b:\n  extends: [deploy]\n", pipeline_job.EXTENDED.format("b"), id="extended"
        ),
        pytest.param(
            job() + "b:\n  script:\n    - !reference [deploy, script]\n",
            pipeline_file.ALIASED,
            id="referenced",
        ),
        pytest.param(
            job("  before_script:\n    - !reference [.a, script]\n"), pipeline_file.ALIASED,
            id="reference",
        ),
        pytest.param(
            ".a: &a\n  stage: x\n" + job("  <<: *a\n"), pipeline_file.ALIASED, id="alias"
        ),
        pytest.param(
            job("  variables: &v\n    A: b\n") + "b:\n  variables: *v\n  script: [x]\n",
            pipeline_file.ALIASED,
            id="anchor",
        ),
        pytest.param(
            job("  secrets: {A: {vault: a/b}}\n"), pipeline_job.OTHER_KEY.format("secrets"),
            id="secrets of GitLab",
        ),
        pytest.param(
            job(script="x").replace("- x\n", "- [x, $API_KEY]\n"), pipeline_job.NO_SCRIPT,
            id="list in the script",
        ),
        pytest.param(
            job().replace("  script:\n    - ", "  script: "), pipeline_job.NO_SCRIPT, id="text"
        ),
        pytest.param(job("  services: [postgres]\n"), pipeline_job.SERVICES, id="services"),
        pytest.param(
            "default:\n  id_tokens: {A: {aud: b}}\n" + job(), pipeline_job.DEFAULT_TOKENS,
            id="tokens of default",
        ),
        pytest.param(job("  tags: [saas-windows-medium]\n"), pipeline_job.WINDOWS, id="Windows"),
        pytest.param(job(script="set -ex; x $API_KEY"), pipeline_scripts.TRACE, id="trace"),
        pytest.param(job(script="env | sort; x $API_KEY"), pipeline_scripts.TRACE, id="env"),
        pytest.param(
            'variables: {CI_DEBUG_TRACE: "true"}\n' + job(), pipeline_scripts.TRACE, id="debug"
        ),
        pytest.param(
            job(old=(IMAGE, "python:3.13")), pipeline_scripts.NO_CLI.format("python:3.13"),
            id="image without the AWS CLI",
        ),
        pytest.param(
            job(old=(f"  image: {IMAGE}\n", "")),
            pipeline_scripts.NO_CLI.format(pipeline_scripts.NO_IMAGE),
            id="no image",
        ),
        pytest.param(
            job(old=(IMAGE, "alpine"), script="x $API_KEY\n    - apk add aws-cli\n    - x"),
            pipeline_choice.TOO_EARLY,
            id="before the installation",
        ),
        pytest.param(
            job(old=(IMAGE, "alpine"), script="x $API_KEY\n    - aws s3 ls"),
            pipeline_choice.TOO_EARLY,
            id="before the first use",
        ),
        pytest.param(
            job(old=(IMAGE, "alpine"), script="pip install awscli-local\n    - x $API_KEY"),
            pipeline_scripts.NO_CLI.format("alpine"),
            id="another program",
        ),
        pytest.param(
            job(old=(IMAGE, "alpine"), script="x $API_KEY\n    - apk add aws-cli"),
            pipeline_scripts.NO_CLI.format("alpine"),
            id="installation at the end",
        ),
        pytest.param(job(script="echo $API_KEY"), pipeline_scripts.PRINTS, id="printed"),
        pytest.param(job(script='echo "$API_KEY" >&2'), pipeline_scripts.PRINTS, id="to stderr"),
        pytest.param(job(script='cat "$API_KEY"'), pipeline_scripts.IS_FILE, id="file"),
        pytest.param(job(script="ssh -i $API_KEY host"), pipeline_scripts.IS_FILE, id="key file"),
        pytest.param(
            job(script="export API_KEY=$OTHER"), pipeline_scripts.ASSIGNED.format("API_KEY"),
            id="assigned",
        ),
        pytest.param(
            job("  after_script:\n    - x $API_KEY\n"), pipeline_uses.AFTER_SCRIPT,
            id="after_script",
        ),
        pytest.param(
            job("  variables:\n    KEY: $API_KEY\n"), pipeline_uses.OTHER_VARIABLE.format("KEY"),
            id="other variable",
        ),
        pytest.param(
            job("  environment: {name: live, url: https://x/$API_KEY}\n"),
            pipeline_uses.BEFORE_SCRIPT.format("environment"),
            id="URL of the environment",
        ),
        pytest.param(
            "image: x:$API_KEY\n" + job(), pipeline_uses.OUTSIDE.format("image"), id="image"
        ),
        pytest.param(
            job("  variables:\n    API_KEY: $OTHER\n"),
            pipeline_choice.OTHER_SOURCE.format("API_KEY"),
            id="set from another variable",
        ),
        pytest.param(
            job("  variables:\n    API_KEY: {expand: false}\n"), pipeline_choice.NOT_TEXT,
            id="set to a map",
        ),
        pytest.param(
            job("  id_tokens: {A: {aud: b}}\n"), "the lines of the job", id="tokens in braces"
        ),
        pytest.param(
            HEAD[:HEAD.index("deploy:")] + f"deploy: {{image: {IMAGE}, only: [main], script: [$API_KEY]}}\n",
            "the lines of the job",
            id="job in braces",
        ),
        pytest.param("deploy:\n" * 2, pipeline_file.INVALID, id="job twice"),
        pytest.param(
            ".db: &db\n  variables:\n    API_KEY: x\n"
            + job("  <<: *db\n", script="x $API_KEY $API_KEY"),
            "YAML anchors or aliases",
            id="merged variable",
        ),
        pytest.param(
            job(script="x" * 30_000 + " $API_KEY"), pipeline_scripts.TOO_LONG, id="long script"
        ),
    ],
)  # fmt: skip
def test_lines_that_remain(text, reason):
    variables = find_variables(text)
    found, skipped, next_steps = edit(text, variables=variables)
    assert found == text
    assert not next_steps
    assert {item[1] for item in skipped} <= {"API_KEY"}
    assert {item.line for item in variables} <= {item[0] for item in skipped}
    assert len(skipped) == len(set(skipped))
    assert reason == pipeline_file.INVALID or reason in skipped[0][2]


def find_variables(text):
    search = FileSearch(MANIFEST.secret, lambda _: text.encode(), ComposeFiles([], lambda _: None))
    search.search(PATH, [PATH])
    return search.found


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("DB_PASSWORD", pipeline_choice.NO_JQ, id="no jq"),
        pytest.param("CI_API_KEY", pipeline_choice.RESERVED, id="variable of GitLab"),
        pytest.param(
            "AWS_ACCESS_KEY_ID", workflow_choice.AWS_LOGIN.format("AWS_ACCESS_KEY_ID"), id="login"
        ),
        pytest.param("MAIL_KEY", "no value", id="not in AWS"),
    ],
)
def test_variables_that_remain(name, reason):
    text = job(script=f"x ${name}")
    assert edit(text, unavailable={"MAIL_KEY": "no value"}) == (text, [(12, name, reason)], [])


def test_other_value_in_aws_remains():
    text = job("  variables:\n    API_KEY: a-long-value-1234\n")
    found, skipped, _ = edit(text, different={"API_KEY": "another"})
    assert (found, {reason for _, _, reason in skipped}) == (text, {"another"})
    assert edit(job(), different={"API_KEY": "another"})[1] == []


def test_secret_that_is_added_later_remains():
    found, _, _ = edit(job())
    text = found + "    - y $MAIL_KEY\n"
    reason = pipeline_choice.READS_SECRETS.format("API_KEY")
    line = text.count("\n")
    assert edit(text) == (text, [(line, "MAIL_KEY", reason)], [])


@pytest.mark.parametrize(
    ("rules", "branch"),
    [
        pytest.param("only: [live]", "live", id="only"),
        pytest.param("only: live", "live", id="text"),
        pytest.param("only: {refs: [live], changes: [a]}", "live", id="refs"),
        pytest.param("rules: [{if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH'}]", "", id="default"),
        pytest.param("rules: [{if: '\"a/b\" == $CI_COMMIT_BRANCH'}]", "a/b", id="reversed"),
        pytest.param(
            "rules: [{if: '$CI_PIPELINE_SOURCE == \"push\" && $CI_COMMIT_BRANCH == \"x\"'}]", "x",
            id="and",
        ),
        pytest.param(
            "rules: [{if: '$A', when: never}, {if: '$CI_COMMIT_BRANCH == \"x\"', when: manual}]",
            "x",
            id="never",
        ),
        pytest.param(
            "rules: [{if: '$CI_COMMIT_BRANCH == \"x\" && $A || $CI_COMMIT_BRANCH == \"x\"'}]", "x",
            id="or",
        ),
    ],
)  # fmt: skip
def test_branch(rules, branch):
    text = f"deploy:\n  image: aws-cli\n  {rules}\n  script: [x]\n"
    (found,) = find_pipeline(text.encode(), ()).jobs
    assert (found.branch, found.problem) == (branch, "")


def test_branch_of_the_workflow():
    text = "workflow: {rules: [{if: '$CI_COMMIT_BRANCH == \"x\"'}]}\ndeploy:\n  image: aws-cli\n"
    (found,) = find_pipeline((text + "  script: [x]\n").encode(), ()).jobs
    assert (found.branch, found.problem) == ("x", "")


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param("stage: deploy", id="none"),
        pytest.param("only: [a, b]", id="two branches"),
        pytest.param("only: [/^release/]", id="pattern"),
        pytest.param("only: [tags]", id="tags"),
        pytest.param("only: [merge_requests]", id="merge requests"),
        pytest.param("only: {variables: ['$A']}", id="variables"),
        pytest.param("except: [a]", id="except"),
        pytest.param("rules: [{when: manual}]", id="manual"),
        pytest.param("rules: [{if: '$CI_COMMIT_TAG'}]", id="tag"),
        pytest.param("rules: [{if: '$CI_COMMIT_REF_NAME == \"x\"'}]", id="name of a tag"),
        pytest.param("rules: [{if: '$CI_PIPELINE_SOURCE == \"merge_request_event\"'}]", id="MR"),
        pytest.param("rules: [{if: '$CI_COMMIT_BRANCH == \"x\" || $A'}]", id="or"),
        pytest.param("rules: [{if: '$CI_COMMIT_BRANCH =~ /x/'}]", id="regex"),
        pytest.param("rules: [{if: '!($CI_COMMIT_BRANCH == \"x\")'}]", id="not"),
        pytest.param("rules: [{if: '$CI_COMMIT_BRANCH != \"x\"'}]", id="others"),
        pytest.param("rules: [{if: '$CI_COMMIT_BRANCH == \"x:*\"'}]", id="invalid name"),
        pytest.param(
            "rules: [{if: '$CI_COMMIT_BRANCH == \"x\"'}, {if: '$CI_COMMIT_BRANCH == \"y\"'}]",
            id="two rules",
        ),
    ],
)
def test_job_that_can_run_for_something_else(rules):
    text = f"deploy:\n  image: aws-cli\n  {rules}\n  script: [x]\n"
    (found,) = find_pipeline(text.encode(), ()).jobs
    assert found.problem == pipeline_rules.BRANCHES


FAKE_AWS = """\
#!/bin/sh
test "$AWS_CONFIG_FILE" = /dev/null -a "$AWS_PROFILE" = "" || exit 9
if [ "$1" = sts ]; then
  test "$(cat "${4#file://}")" = "$EXPECTED" -a "$6" = "$ROLE" || exit 8
  printf 'temporary\\tkey/+=\\tsession\\n'
  exit
fi
test "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN" = "temporary key/+= session" || exit 7
test "$4" != shop/mail-key || exit 6
case "$4" in shop/db) echo '{"password": "p w", "host name": "h"}';; *) echo "v \\"a\\" \\$b *";; esac
"""


@pytest.mark.parametrize("shell", ["bash", "dash"])
@pytest.mark.parametrize(
    ("script", "expected", "code", "output"),
    [
        pytest.param("x $API_KEY", "token", 0, ['v "a" $b *|', "", "own"], id="text"),
        pytest.param("x $DB_PASSWORD; jq", "token", 0, ["|p w", "", "own"], id="field"),
        pytest.param("x $MAIL_KEY", "token", 1, None, id="no access"),
        pytest.param("x $API_KEY", "other", 1, None, id="no role"),
    ],
)
def test_command_of_the_job(tmp_path, shell, script, expected, code, output):
    if not shutil.which(shell) or not shutil.which("jq"):
        pytest.skip("the shell or jq is not installed")
    found, _, _ = edit(job(script=script))
    command = yaml.safe_load(found)["deploy"]["script"][0]
    (tmp_path / "aws").write_text(FAKE_AWS)
    (tmp_path / "aws").chmod(0o755)
    (tmp_path / "tmp").mkdir()
    environ = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "TMPDIR": str(tmp_path / "tmp"),
        "SHIELD_AWS_TOKEN": "token",
        "AWS_ACCESS_KEY_ID": "own",
        "AWS_PROFILE": "own",
        "ROLE": "arn:aws:iam::123456789012:role/shop-gitlab-ci",
        "EXPECTED": expected,
    }
    tail = 'printf "%s\\n" "$API_KEY|$DB_PASSWORD" "$SHIELD_AWS_TOKEN$SHIELD_LOGIN" "$AWS_ACCESS_KEY_ID"'
    done = subprocess.run(
        [shell, "-c", f"set -ex\n{command}\n{tail}"],
        env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert code or done.stdout.splitlines() == output
    assert "v " not in done.stderr
    assert "p w" not in done.stderr
    assert not list((tmp_path / "tmp").iterdir())


CHECKED = HEAD + RULES + "  script:\n    - x $API_KEY\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("stage: deploy", "stage: build", id="other value"),
        pytest.param("    - x $API_KEY", "    - y", id="other command"),
        pytest.param("sts.amazonaws.com", "sts", id="other audience"),
        pytest.param("set +x", "set -x", id="other text"),
        pytest.param("  script: [make]", "  script: [make, x]", id="other job"),
        pytest.param("  id_tokens:", "  id_tokens: [", id="invalid"),
    ],
)
def test_check_finds_other_changes(old, new):
    after, _, _ = edit(CHECKED)
    command = yaml.safe_load(after)["deploy"]["script"][0]
    jobs = {"deploy": PipelineEdit("script", 0, command, "sts.amazonaws.com", ())}
    assert is_exact_pipeline_edit(CHECKED.encode(), after.encode(), jobs, ())
    assert old in after
    assert not is_exact_pipeline_edit(CHECKED.encode(), after.replace(old, new).encode(), jobs, ())


def test_check_of_aliases_ends():
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    raw = "\n".join(lines).encode()
    assert not is_exact_pipeline_edit(raw, raw, {}, ())


PARTS = st.sampled_from(
    ["  script:\n", "    - x $API_KEY\n", "    - |\n      y\n", "  variables:\n", "    API_KEY: v\n",
     "deploy:\n", RULES, "  before_script:\n", "\n", "# c\n", "  only: [main]\n", "deploy eu:\n",
     "    - 'a $MAIL_KEY'\n", "variables:\n", "  API_KEY: w\n", "  id_tokens:\n", "    A: {aud: b}\n"]
)  # fmt: skip


@given(st.lists(PARTS, max_size=20).map("".join))
def test_edits_are_exact_and_end(text):
    found, _, _ = edit(text)
    if found != text:
        assert yaml.safe_load(found)
        assert edit(found)[0] == found


def test_files_with_many_jobs_are_parsed_in_bounded_time():
    rules = "    - if: $CI_COMMIT_BRANCH == 'x'\n"
    head = "workflow:\n  rules:\n" + rules * 5_000 + "default:\n  tags: [" + "a, " * 20_000 + "]\n"
    jobs = "".join(f"j{number}:\n  script: [x $API_KEY]\n" for number in range(120))
    start = time.process_time()
    assert len(find_pipeline((head + jobs).encode(), ["API_KEY"]).jobs) == 120
    assert time.process_time() - start < 20
    assert find_pipeline((head + jobs * 3).replace("j", "k", 120).encode(), ()).problem
    many = "".join(f"j{number}:\n  script: [x]\n" for number in range(2_000))
    assert find_pipeline(many.encode(), ()).problem == pipeline_file.TOO_LARGE


def test_time_is_linear():
    def run(size):
        find_pipeline(job(script="echo $API_KEY; " * size).encode(), ["API_KEY"])

    assert_linear(run, 2_000)
