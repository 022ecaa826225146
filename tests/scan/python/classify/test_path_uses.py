from __future__ import annotations

import ast

import pytest

from shield_ai.scan.python.classify.path_uses import path_expressions, resource_names


def texts(found):
    return sorted(ast.unparse(node) for node in found if "environ" in ast.unparse(node))


READ = "os.environ['X_KEY']"


@pytest.mark.parametrize(
    ("text", "is_path"),
    [
        pytest.param(f"open({READ}).read()", True, id="open"),
        pytest.param(f"io.open({READ})", True, id="io.open"),
        pytest.param(f"open('f', 'w').write({READ})", False, id="written to a file"),
        pytest.param(f"opener.open({READ})", False, id="another open"),
        pytest.param(f"Path({READ}).read_text()", True, id="Path"),
        pytest.param(f"pathlib.Path('/etc', {READ})", True, id="pathlib"),
        pytest.param(f"os.path.exists({READ})", True, id="exists"),
        pytest.param(f"','.join({READ})", False, id="join of a text"),
        pytest.param(f"context.load_cert_chain('a', {READ})", True, id="certificate"),
        pytest.param(f"context.load_cert_chain('a', 'b', {READ})", False, id="password of a key"),
        pytest.param(f"ssl.wrap_socket(s, keyfile={READ})", True, id="keyfile"),
        pytest.param(f"Client(ssl_keyfile={READ}, private_key_path=1)", True, id="ssl_keyfile"),
        pytest.param(f"X = {{'sslkey': {READ}}}", True, id="key of a dict"),
        pytest.param(f"Credentials.from_service_account_file({READ})", True, id="file reader"),
        pytest.param(f"storage.save_to_file({READ})", False, id="written by a function"),
        pytest.param(f"Client(credentials_filename={READ})", True, id="name of a file"),
        pytest.param(f"settings.authorized_keys_file = {READ}", True, id="attribute"),
        pytest.param(f"settings.profile = {READ}", False, id="another attribute"),
        pytest.param(f"Client(key={READ})", False, id="a key"),
        pytest.param(f"X = {READ}\nif X:\n    Y = open(X).read()", True, id="a name"),
        pytest.param(f"X = 'f'\nopen(X)\nif {READ}: pass", False, id="a condition beside a path"),
        pytest.param(f"X = {READ}\nopen(X)\nprint(X)", False, id="a name with another use"),
        pytest.param(f"X = {READ}\ndef f(X):\n    open(X)", False, id="a parameter"),
        pytest.param(f"X = {READ}\nX = 'b'\nopen(X)", False, id="a name with two values"),
    ],
)
def test_finds_paths(text, is_path):
    assert texts(path_expressions(ast.parse(text))) == [READ] * is_path


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        pytest.param(f"DATABASES[{READ}]", True, id="database"),
        pytest.param(f"KEY = {READ}\nX = settings.CACHES[KEY]", True, id="a name"),
        pytest.param(f"c.get_secret_value(SecretId={READ})", True, id="secret in AWS"),
        pytest.param(f"X = {READ}\nc.decrypt(KeyId=X)", True, id="key in AWS"),
        pytest.param(f"c.put(SecretString={READ})", False, id="value of a secret in AWS"),
        pytest.param(f"users[{READ}]", False, id="another dict"),
        pytest.param(f"DATABASES['default'] = {READ}", False, id="value"),
    ],
)
def test_finds_the_names_of_entries(text, is_name):
    assert texts(resource_names(ast.parse(text))) == [READ] * is_name


@pytest.mark.parametrize(
    ("variable", "is_moved"),
    [
        pytest.param("GS_CREDENTIALS", False, id="credentials"),
        pytest.param("DATABASE_URL", True, id="URL"),
    ],
)
def test_a_url_is_no_path(sites, variable, is_moved):
    text = f"import os\ndb_path = os.environ['{variable}']\n"
    assert sites(text) == [("read", variable, "")] * is_moved
