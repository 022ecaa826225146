from __future__ import annotations

import json

import botocore.session
from botocore.validate import ParamValidator
from exporting import target

from shield_ai.aws.export.ecs import to_ecs

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/prod/"


def test_secrets_of_a_container():
    secrets = json.loads(to_ecs(target()))["containerDefinition"]["secrets"]
    assert secrets == [
        {"name": "MAIL_KEY", "valueFrom": f"{ARN}mail-key"},
        {"name": "DB_USER", "valueFrom": f"{ARN}db:username::"},
        {"name": "DB_PASSWORD", "valueFrom": f"{ARN}db:password::"},
    ]


def test_container_definition_is_valid_for_ecs():
    container = json.loads(to_ecs(target()))["containerDefinition"]
    service = botocore.session.get_session().get_service_model("ecs")
    shape = service.operation_model("RegisterTaskDefinition").input_shape
    request = {"family": "shop", "containerDefinitions": [container]}
    assert ParamValidator().validate(request, shape).generate_report() == ""


def test_execution_role_can_only_read_the_values():
    (policy,) = json.loads(to_ecs(target()))["executionRolePolicies"]
    access, decrypt = policy["Statement"]
    assert access["Action"] == ["secretsmanager:GetSecretValue"]
    assert access["Resource"] == [f"{ARN}mail-key-??????", f"{ARN}db-??????"]
    assert decrypt["Action"] == ["kms:Decrypt"]
