from __future__ import annotations

import pytest

HELPER = (
    "def get_secret(name):\n    return client.get_secret_value(SecretId=name)['SecretString']\n"
)
READ = "KEY = json.loads(get_secret('prod/key'))['key']\n"


@pytest.mark.parametrize(
    ("text", "helper", "found"),
    [
        pytest.param(f"{HELPER}{READ}", "", [(3, "KEY")], id="a function of the module"),
        pytest.param(
            f"from shop.aws import get_secret\n{READ}", HELPER, [(2, "KEY")], id="of another module"
        ),
        pytest.param(
            f"from .aws import get_secret\nif AWS:\n    {READ}",
            HELPER,
            [(3, "KEY")],
            id="in a block",
        ),
        pytest.param(
            f"from .aws import get_secret\n{READ}",
            HELPER.replace("SecretId=name", ""),
            [],
            id="a method of pydantic",
        ),
        pytest.param(f"from .vault import get_secret\n{READ}", HELPER, [], id="of a library"),
    ],
)
def test_finds_what_the_app_already_takes_from_aws(scanned, text, helper, found):
    files = {"shop/__init__.py": "", "shop/settings.py": text, "shop/aws.py": helper}
    reads = scanned(files).file_reads
    assert [(skip.line, skip.name) for skip in reads] == found
    assert {skip.reason for skip in reads} <= {"get_secret() already reads AWS Secrets Manager"}
