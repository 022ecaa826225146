"""The rotation strategies, and the engines and fields that a secret can have."""

from __future__ import annotations

STRATEGIES = {  # name -> module and class
    "postgres-single-user": ("postgres_single", "PostgresSingle"),
    "postgres-alternating-users": ("postgres_alternating", "PostgresAlternating"),
    "mysql-single-user": ("mysql_single", "MysqlSingle"),
    "mysql-alternating-users": ("mysql_alternating", "MysqlAlternating"),
    "django-secret-key": ("django_secret_key", "DjangoSecretKey"),
    "api-key": ("api_key", "ApiKey"),
    "random-value": ("random_value", "RandomValue"),
}
ENGINES = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "aurora-postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "aurora-mysql": "mysql",
}
VALUE_FIELDS = ("value", "password", "secret", "key")  # as in shield_runtime.value
PORTS = {"5432": "postgres", "3306": "mysql"}  # for secrets without an engine
