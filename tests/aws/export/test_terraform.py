from __future__ import annotations

import json
import re

import msgspec
from exporting import REGION, RESOURCES
from hypothesis import example, given
from hypothesis import strategies as st

from shield_ai.aws.export.terraform import to_terraform


def blocks(text):
    return [
        (kind, label, arguments)
        for kind, named in json.loads(text)["resource"].items()
        for label, arguments in named.items()
    ]


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
    """`${` and `%{` start a template unless they are doubled."""
    [(_, _, secret)] = blocks(to_terraform(RESOURCES[:1], REGION))
    assert secret["description"] == 'it\'s $${a} "key" %%{b} $HOME'


def test_the_configuration_has_no_provider_block():
    document = json.loads(to_terraform(RESOURCES, REGION))
    assert document.keys() == {"//", "terraform", "resource"}


def test_references_name_blocks_of_the_configuration():
    found = blocks(to_terraform(RESOURCES, REGION))
    addresses = {f"{kind}.{label}" for kind, label, _ in found}
    references = [name for *_, arguments in found for name in arguments.get("depends_on", ())]
    for *_, arguments in found:
        references += re.findall(r"(?<!\$)\$\{(.*?)\.arn\}", json.dumps(arguments))
    assert references
    assert set(references) <= addresses


def test_documents_are_json_texts():
    found = blocks(to_terraform(RESOURCES, REGION))
    policies = [arguments["policy"] for kind, _, arguments in found if kind == "aws_iam_policy"]
    assert all(json.loads(policy)["Version"] == "2012-10-17" for policy in policies)


@given(st.lists(st.from_regex(r"[aA0/_+.-]{1,8}", fullmatch=True), min_size=2, unique=True))
@example(["a/b", "a.b", "a_b", "a-b"])
def test_labels_are_unique(names):
    secrets = [msgspec.structs.replace(RESOURCES[0], name=name) for name in names]
    labels = [label for _, label, _ in blocks(to_terraform(secrets, REGION))]
    assert len(set(labels)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z_][\w-]*", label, re.ASCII) for label in labels)
