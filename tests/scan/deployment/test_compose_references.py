"""Variables that Docker Compose passes to services other than the app."""

from __future__ import annotations

import pytest

from shield_ai.scan.deployment.compose_references import find_passed_on

VARIABLES = ["DB_PASSWORD", "DB_USER", "SECRET_KEY", "DATABASE_URL"]


@pytest.mark.parametrize(
    ("service", "found"),
    [
        pytest.param(
            "{image: 'postgres:17', environment: {POSTGRES_PASSWORD: '${DB_PASSWORD:?}'}}",
            ["DB_PASSWORD"],
            id="database",
        ),
        pytest.param(
            "{image: postgres, environment: [POSTGRES_USER=$DB_USER, 'A=$$DB_PASSWORD']}",
            ["DB_USER"],
            id="list, and an escaped dollar",
        ),
        pytest.param(
            "{image: redis, command: 'redis-server --requirepass ${DB_PASSWORD}'}",
            ["DB_PASSWORD"],
            id="command",
        ),
        pytest.param(
            "{image: redis, command: [sh, -c, 'redis-server --requirepass \"$${DB_PASSWORD}\"']}",
            ["DB_PASSWORD"],
            id="shell in a command",
        ),
        pytest.param(
            "{image: redis, healthcheck: {test: 'redis-cli -a $$DB_PASSWORD ping'}}",
            ["DB_PASSWORD"],
            id="shell in a health check",
        ),
        pytest.param("{image: redis, labels: {a: '$${DB_PASSWORD}'}}", [], id="escaped label"),
        pytest.param(
            "{image: backup, environment: {PGPASSWORD: $DB_PASSWORD}}", ["DB_PASSWORD"], id="tool"
        ),
        pytest.param(
            "{image: mysql, environment: {DB_PASSWORD: '${DB_PASSWORD}'}}",
            ["DB_PASSWORD"],
            id="server under the same name",
        ),
        pytest.param(
            "{image: acme/shop, environment: {SECRET_KEY: $SECRET_KEY, "
            "DATABASE_URL: 'postgres://${DB_USER}@db'}}",
            [],
            id="image of the app",
        ),
        pytest.param(
            "{image: acme/shop, environment: ['SECRET_KEY=$SECRET_KEY']}", [], id="list of the app"
        ),
        pytest.param("{build: ., environment: {KEY: $SECRET_KEY}}", [], id="built"),
        pytest.param("{image: a, environment: {KEY: '${SECRET_KEYS}'}}", [], id="other name"),
    ],
)
def test_references(tmp_path, service, found):
    text = f"services:\n  web: {{image: a, command: $SECRET_KEY}}\n  other: {service}\n"
    (tmp_path / "docker-compose.yml").write_text(text)
    assert find_passed_on(tmp_path, VARIABLES, ["web"]) == found
    assert find_passed_on(tmp_path, [], ["web"]) == []


@pytest.mark.parametrize(
    ("service", "found"),
    [
        pytest.param("image: 'postgres:17', env_file: .env", ["POSTGRES_PASSWORD"], id="postgres"),
        pytest.param("image: postgis/postgis, env_file: [.env]", ["POSTGRES_PASSWORD"], id="list"),
        pytest.param(
            "image: 'mariadb:11', env_file: .env", ["MARIADB_PASSWORD", "MYSQL_USER"], id="mariadb"
        ),
        pytest.param("image: 'mysql:8', env_file: .env", ["MYSQL_USER"], id="mysql"),
        pytest.param("image: 'postgres:17'", [], id="no env file"),
        pytest.param("image: 'postgres:17', build: ., env_file: .env", [], id="built"),
        pytest.param("image: acme/postgres-app, env_file: .env", [], id="no server"),
        pytest.param("image: redis, env_file: .env", [], id="variables of another server"),
    ],
)
def test_a_server_gets_the_env_file_of_the_app(tmp_path, service, found):
    text = f"services:\n  web: {{build: ., env_file: .env}}\n  other: {{{service}}}\n"
    (tmp_path / "docker-compose.yml").write_text(text)
    variables = ["POSTGRES_PASSWORD", "MARIADB_PASSWORD", "MYSQL_USER", "SECRET_KEY"]
    assert find_passed_on(tmp_path, variables, ["web"]) == found


@pytest.mark.parametrize(
    ("app", "found"),
    [
        pytest.param("image: acme/shop", ["SVIX_SECRET"], id="another image gets it"),
        pytest.param("build: .", ["SVIX_SECRET"], id="the built app gets it"),
        pytest.param("image: acme/svix-worker", [], id="all images have the name of the app"),
    ],
)
def test_a_product_gets_its_variable_under_the_same_name(tmp_path, app, found):
    environment = "environment: {SVIX_SECRET: '${SVIX_SECRET}'}"
    services = (
        f"  web: {{{app}, {environment}}}\n  svix: {{image: 'svix/svix-server:1', {environment}}}\n"
    )
    (tmp_path / "compose.yml").write_text(f"services:\n{services}")
    assert find_passed_on(tmp_path, ["SVIX_SECRET"], []) == found


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("docker-compose.dev.yml", id="development"),
        pytest.param("other.yml", id="other file"),
    ],
)
def test_files_that_are_not_searched(tmp_path, path):
    (tmp_path / path).write_text("services: {db: {image: postgres, command: $DB_PASSWORD}}\n")
    assert find_passed_on(tmp_path, VARIABLES, []) == []


def test_invalid_file_has_no_references(tmp_path):
    (tmp_path / "compose.yml").write_text("services: [$DB_PASSWORD\n")
    assert find_passed_on(tmp_path, VARIABLES, []) == []
