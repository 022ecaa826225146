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
            "from .aws import get_password\nKEY = get_password()\n",
            f"{HELPER}def get_password():\n    return get_secret('db')\n",
            [(2, "KEY")],
            id="a function that calls another one",
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
    assert all("() already reads AWS Secrets Manager" in skip.reason for skip in reads)


def test_finds_database_passwords_from_aws_outside_the_settings(scanned):
    reads = "TOKEN = get_secret('t')\nDB_PASSWORD = get_secret('db')\nA = os.environ['API_TOKEN']\n"
    files = {
        "shop/__init__.py": "",
        "shop/settings.py": "import os\nKEY = os.environ['SECRET_KEY']\n",
        "shop/aws.py": HELPER,
        "shop/job.py": f"import os\nfrom .aws import get_secret\n{reads}",
    }
    assert [(s.path, s.line) for s in scanned(files).file_reads] == [("shop/job.py", 4)]
