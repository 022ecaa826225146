from __future__ import annotations

import json

import boto3
import pytest
from fault_proxy import FaultProxy
from shield_helpers import make_app, run

from shield_ai.aws.desired import resources
from shield_ai.aws.live.account import Account
from shield_ai.aws.live.session import Session
from shield_ai.flow.verify.resources import verify_resources
from shield_ai.model.manifest import (
    App,
    Manifest,
    Monitoring,
    Secret,
)


@pytest.fixture
def app(tmp_path, aws):
    make_app(tmp_path)
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0
    return tmp_path


def failed(app):
    done = run("verify", "--json", cwd=app)
    found = {check["name"]: check for check in json.loads(done.out) if check["status"] != "ok"}
    assert done.code == bool(found)
    assert all(check["detail"] and check["hint"] for check in found.values())
    return found


def append(path, text):
    path.write_text(path.read_text() + text)


def widen(path):
    path.write_text(path.read_text().replace("mail-api-key-??????", "mail-api-key*"))


def client():
    return boto3.client("secretsmanager")


def delete(app):
    client().delete_secret(SecretId="django-secret-key")


def destroy(app):
    client().delete_secret(SecretId="django-secret-key", ForceDeleteWithoutRecovery=True)


def lose_a_field(app):
    client().put_secret_value(SecretId="database-credentials", SecretString='{"username": "x"}')


def lose_the_document(app):
    client().put_secret_value(SecretId="database-credentials", SecretString="[1]")


@pytest.mark.parametrize(
    ("harm", "name", "detail"),
    [
        pytest.param(str, "", "", id="nothing"),
        pytest.param(lambda app: append(app / "shop/settings.py", "\nX_TOKEN = os.environ['X_TOKEN']\n"), "every secret that can be moved", "X_TOKEN", id="a new read"),
        pytest.param(lambda app: append(app / "requirements.txt", "flask\n"), "files are unchanged since apply", "requirements.txt", id="an edited file"),
        pytest.param(lambda app: append(app / "shop/utils/secrets.py", "\n"), "the vendored runtime", "edited by hand", id="an edited runtime"),
        pytest.param(lambda app: append(app / "shop/utils/_shield_runtime/cache.py", "x"), "the vendored runtime", "cache.py was edited", id="an edited file of its package"),
        pytest.param(lambda app: (app / "shop/utils/secrets.py").unlink(), "the vendored runtime", "is missing", id="no runtime"),
        pytest.param(lambda app: append(app / "aws/iam-policy-secrets-manager.json", "x"), "the IAM policy", "missing", id="a broken policy"),
        pytest.param(lambda app: (app / "aws/iam-policy-secrets-manager.json").write_text("{}"), "the IAM policy", "differs from the expected policy", id="another policy"),
        pytest.param(lambda app: widen(app / "aws/iam-policy-secrets-manager.json"), "the IAM policy", "mail-api-key* is not the exact name of one of the app's secrets", id="a policy with a star"),
        pytest.param(delete, "django-secret-key can be read", "scheduled for deletion", id="a secret in deletion"),
        pytest.param(destroy, "django-secret-key can be read", "is not in AWS", id="no secret"),
        pytest.param(lose_a_field, "database-credentials can be read", "missing fields: database, password", id="a field is gone"),
        pytest.param(lose_the_document, "database-credentials can be read", "missing fields: database, username, password", id="no document"),
    ],
)  # fmt: skip
def test_sees_what_is_wrong(app, harm, name, detail):
    harm(app)
    found = failed(app)
    assert bool(found) == bool(name)
    if name:
        (check,) = [check for title, check in found.items() if title.startswith(name)]
        assert detail in check["detail"]


def test_the_text_says_the_same(app):
    done = run("verify", cwd=app)
    assert done.code == 0
    assert "optional, not in AWS: the app's default is used" in done.out
    delete(app)
    done = run("verify", cwd=app)
    assert done.code == 1
    assert "hint: shield apply" in done.out


def test_without_an_apply_on_record(tmp_path):
    make_app(tmp_path)
    done = run("verify", "--only", "code", cwd=tmp_path)
    assert done.code == 1
    assert "no apply on record" in done.out


def test_one_half(app):
    assert len(json.loads(run("verify", "--only", "aws", "--json", cwd=app).out)) == 7
    assert len(json.loads(run("verify", "--only", "code", "--json", cwd=app).out)) == 3


ARN = "arn:aws:iam::123456789012:policy/shop-secrets-read-us-east-1"
MANIFEST = Manifest(
    app=App(name="shop", role="Shop"),
    monitoring=Monitoring(email=("ops@example.com",)),
    secret=(Secret(name="a", env="A"),),
)


def detach():
    boto3.client("iam").detach_role_policy(RoleName="Shop", PolicyArn=ARN)


def allow_all():
    everything = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    boto3.client("iam").create_policy_version(
        PolicyArn=ARN, PolicyDocument=document, SetAsDefault=True
    )


def silence():
    boto3.client("cloudwatch").delete_alarms(AlarmNames=["shop-secret-errors"])


def unsubscribe():
    client = boto3.client("sns")
    for found in client.list_subscriptions()["Subscriptions"]:
        client.unsubscribe(SubscriptionArn=found["SubscriptionArn"])


@pytest.mark.parametrize(
    ("harm", "detail"),
    [
        pytest.param(str, "", id="nothing"),
        pytest.param(
            detach, "policy-attachment Shop/shop-secrets-read-us-east-1 is missing", id="detached"
        ),
        pytest.param(allow_all, "policy shop-secrets-read-us-east-1 differs", id="wider"),
        pytest.param(silence, "alarm shop-secret-errors is missing", id="no alarm"),
        pytest.param(unsubscribe, "", id="an address that AWS forgot"),
    ],
)
def test_sees_what_else_is_wrong_in_aws(aws, harm, detail):
    boto3.client("iam").create_role(RoleName="Shop", AssumeRolePolicyDocument="{}")
    account = Account(Session("us-east-1"))
    desired = resources(MANIFEST, aws.account, "us-east-1")
    for resource in desired:
        account.resources.reconcile(resource.kind, resource.name, resource.settings)
    harm()
    (check,) = verify_resources(desired, account)
    assert check.detail == detail
    assert check.status == ("failed" if detail else "ok")
    assert bool(check.hint) == bool(detail)


def test_what_may_not_be_looked_at_is_unknown(aws, monkeypatch):
    desired = resources(MANIFEST, aws.account, "us-east-1")
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("GetPolicy", "AccessDenied", at=None, status=403)
        (check,) = verify_resources(desired[:1], Account(Session("us-east-1")))
        assert (check.status, check.detail) == (
            "unknown",
            f"AWS denied iam:GetPolicy on {desired[0].name}",
        )
        (check,) = verify_resources(desired, Account(Session("us-east-1")))
        assert check.status == "failed"
    assert "more" in check.detail
    assert list(verify_resources((), Account(Session("us-east-1")))) == []
