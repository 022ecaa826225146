from __future__ import annotations

import re

import hcl2
import msgspec
from exporting import REGION, RESOURCES, UNSUPPORTED
from hypothesis import example, given
from hypothesis import strategies as st

from shield_ai.aws.export.terraform import to_terraform


def blocks(text):
    found = []
    for block in hcl2.loads(text)["resource"]:
        ((kind, named),) = (
            (key, value) for key, value in block.items() if not key.startswith("__")
        )
        found += [
            (kind.strip('"'), label.strip('"'), arguments)
            for label, arguments in named.items()
            if not label.startswith("__")
        ]
    return found


def test_configuration_parses_and_is_complete():
    found = blocks(to_terraform(RESOURCES, REGION))
    kinds = [kind for kind, *_ in found]
    assert kinds.count("aws_secretsmanager_secret") == 2
    assert {
        "aws_iam_policy",
        "aws_iam_role_policy_attachment",
        "aws_sqs_queue",
        "aws_sns_topic",
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_cloudwatch_metric_alarm",
        "aws_cloudwatch_dashboard",
        "aws_cloudwatch_log_group",
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_lambda_function",
        "aws_lambda_permission",
        "aws_secretsmanager_secret_rotation",
    } <= set(kinds)
    assert len({(kind, label) for kind, label, _ in found}) == len(found)
    assert "secret_string" not in to_terraform(RESOURCES, REGION)


def test_template_markers_are_escaped():
    """In HCL, `${` and `%{` start a template unless they are doubled."""
    text = to_terraform(RESOURCES[:1], REGION)
    assert r'''description = "it's $${a} \"key\" %%{b} $HOME"''' in text
    hcl2.loads(text)


def test_unsupported_resource_is_named_in_a_comment():
    assert "# not supported by this export, created by shield apply: nonesuch x" in to_terraform(
        [UNSUPPORTED], REGION
    )


@given(st.lists(st.from_regex(r"[aA0/_+.-]{1,8}", fullmatch=True), min_size=2, unique=True))
@example(["a/b", "a.b", "a_b", "a-b"])
def test_labels_are_unique(names):
    secrets = [msgspec.structs.replace(RESOURCES[0], name=name) for name in names]
    labels = re.findall(r'^resource "\w+" "(.*)" {', to_terraform(secrets, REGION), re.MULTILINE)
    assert len(set(labels)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z_][\w-]*", label, re.ASCII) for label in labels)
