from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.python.readers.aws_constructors import find_default_clients

SETTINGS = b"import os\nKEY = os.environ['AWS_SECRET_ACCESS_KEY']\n"


@pytest.mark.parametrize(
    ("call", "function"),
    [
        pytest.param("s3fs.S3FileSystem()", "s3fs.S3FileSystem", id="s3fs"),
        pytest.param("S3FileSystem(endpoint_url=f(1))", "S3FileSystem", id="with an endpoint"),
        pytest.param("s3fs.S3FileSystem(key=K, secret=S)", "", id="s3fs with keys"),
        pytest.param("s3fs.S3FileSystem(anon=True)", "", id="without a login"),
        pytest.param("s3fs.S3FileSystem(True)", "", id="positional"),
        pytest.param("fsspec.filesystem('s3')", "fsspec.filesystem", id="fsspec"),
        pytest.param("fsspec.filesystem('gs')", "", id="another service"),
        pytest.param("boto3.client('s3', region_name='eu')", "boto3.client", id="client"),
        pytest.param("boto3.client(\n    's3',\n)", "boto3.client", id="several lines"),
        pytest.param("boto3.client('s3', aws_access_key_id=K)", "", id="client with keys"),
        pytest.param("boto3.client('s3', **options)", "", id="unknown arguments"),
        pytest.param("boto3.resource('s3')", "boto3.resource", id="resource"),
        pytest.param("boto3.Session()", "boto3.Session", id="session"),
        pytest.param("boto3.Session(profile_name='x')", "", id="profile"),
        pytest.param("boto3.Session().client('s3', aws_access_key_id=K)", "", id="later keys"),
        pytest.param("f()  # boto3.client('s3')", "", id="comment"),
    ],
)
def test_finds_clients_that_read_the_access_keys_themselves(call, function):
    found = [client.function for client in find_default_clients(f"X = {call}\n".encode())]
    assert found == [function] * bool(function)


@pytest.mark.parametrize("path", ["shop/files.py", "tools/files.py"])
def test_an_access_key_of_shield_toml_stays_set_for_a_client(path):
    client = b"import boto3\nCLIENT = boto3.client('s3')\n"
    files = {"shop/__init__.py": b"", "shop/settings.py": SETTINGS, path: client}
    found = scan_files("shop", list(files), files.get, ("AWS_SECRET_ACCESS_KEY",))
    [reason] = [reason_of(site) for f, site in found.sites if f.path == "shop/settings.py"]
    assert (reason, found.kept) == ("", ("AWS_SECRET_ACCESS_KEY",))
