from __future__ import annotations

import pytest
from manifest_samples import GOOD

from shield_ai.model.errors import ManifestError
from shield_ai.model.manifest_parser import parse_manifest


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            "[app]\n",
            "[app]\ntags = { a = '$x' }\n",
            "shield.toml:3: invalid tag 'a'",
            id="invalid tag",
        ),
        pytest.param(
            "[app]\n",
            f'[app]\nprefix = "{"p/" * 250}"\n',
            "shield.toml:7: the secret's name has 517 characters with the prefix, but AWS allows 512",
            id="too long with the prefix",
        ),
        pytest.param(
            "[[secret]]",
            f'[environments.far]\nprefix = "{"p" * 500}"\n[[secret]]',
            "characters with the prefix",
            id="too long in an environment",
        ),
        pytest.param(
            "[app]\n",
            '[app]\nignore = ["DEBUG-TOKEN"]\n',
            "shield.toml:3: invalid environment variable in ignore",
            id="invalid ignored variable",
        ),
        pytest.param(
            "[app]\n",
            '[app]\nignore = ["SECRET_KEY"]\n',
            "ignore names SECRET_KEY, a variable of the secret 'django-secret-key'",
            id="variable ignored and listed",
        ),
        pytest.param(
            '"SECRET_KEY"',
            '"SECRET-KEY"',
            "shield.toml:9: invalid environment variable in env",
            id="invalid variable",
        ),
        pytest.param(
            '"django-secret-key"   ',
            '"django secret"',
            "shield.toml:6: invalid secret name",
            id="invalid secret name",
        ),
        pytest.param(
            '"django-secret-key"   ',
            f'"{"a" * 513}"',
            "shield.toml:6: the secret's name has 513 characters",
            id="long secret name",
        ),
        pytest.param(
            '"django-secret-key"   ',
            '"django-abc123"',
            "ends with a hyphen and six characters, like the suffix of an ARN",
            id="suffix of ARNs",
        ),
        pytest.param(
            '"database-credentials"',
            '"django-secret-key"',
            "shield.toml:11: duplicate secret 'django-secret-key'",
            id="duplicate name",
        ),
        pytest.param(
            'env = "SECRET_KEY"\n', "", "has neither env nor fields", id="neither env nor fields"
        ),
        pytest.param(
            'env = "SECRET_KEY"',
            'env = "SECRET_KEY"\nfields = {a = "B"}',
            "has both env and fields",
            id="env and fields",
        ),
        pytest.param(
            '"SECRET_KEY"', '""', ":6: env of 'django-secret-key' is empty", id="empty env"
        ),
        pytest.param(
            'env = "SECRET_KEY"',
            "fields = {}",
            "fields of 'django-secret-key' is empty",
            id="secret without fields",
        ),
        pytest.param(
            '"DB_USER"',
            '"DB_PASSWORD"',
            "fields 'username' and 'password' of 'database-credentials' have the same variable DB_PASSWORD",
            id="variable of two fields",
        ),
        pytest.param(
            "region =",
            'region = "eu-centrl-1" #',
            "shield.toml:4: invalid region",
            id="misspelled region",
        ),
        pytest.param(
            "region =",
            f'tags = {{{"k" * 129} = "v"}}\nregion =',
            "shield.toml:4: invalid tag",
            id="long key of a tag",
        ),
        pytest.param(
            "[[secret]]",
            "[rotation]\nlog_days = 2\n\n[[secret]]",
            "shield.toml:7: CloudWatch Logs does not support log_days = 2",
            id="log days",
        ),
        pytest.param(
            "[[secret]]",
            '[deployment]\nedit = ["compose"]\n\n[[secret]]',
            "shield.toml:7: edit requires containers or inject",
            id="deployment without containers",
        ),
        pytest.param(
            "[[secret]]",
            '[deployment]\nedit = ["github"]\n\n[[secret]]',
            'shield.toml:7: "github" and "gitlab" in edit require jobs',
            id="workflows without jobs",
        ),
        pytest.param(
            "[[secret]]",
            '[deployment]\njobs = ["deploy"]\n\n[[secret]]',
            'shield.toml:7: jobs requires "github" or "gitlab" in edit',
            id="jobs without workflows",
        ),
        pytest.param(
            "[[secret]]",
            '[deployment]\nedit = ["github"]\ncontainers = ["web"]\njobs = ["a"]\n\n[[secret]]',
            "shield.toml:8: containers and inject require a kind of file with containers",
            id="containers for workflows",
        ),
        pytest.param(
            "[[secret]]",
            '[deployment]\nedit = ["github"]\njobs = ["a;b"]\n\n[[secret]]',
            "shield.toml:8: invalid jobs",
            id="job",
        ),
        pytest.param(
            "[[secret]]",
            '[deployment]\nedit = ["compose"]\ninject = ["web"]\n\n[[secret]]',
            'shield.toml:8: inject requires "ecs", "kubernetes" or "cloudformation" in edit',
            id="inject without ECS",
        ),
        pytest.param(
            "[[secret]]",
            '[deployment]\nedit = ["ecs"]\ncontainers = ["a"]\ninject = ["a"]\n\n[[secret]]',
            "shield.toml:9: 'a' is in containers and in inject",
            id="container in both lists",
        ),
        pytest.param(
            "[[secret]]",
            '[deployment]\nedit = ["ecs"]\ncontainers = ["a b"]\n\n[[secret]]',
            "shield.toml:8: invalid containers",
            id="container",
        ),
        pytest.param(
            "[[secret]]",
            '[deployment]\nedit = ["helm"]\n\n[[secret]]',
            "shield.toml:7: invalid value of edit",
            id="kind of deployment files",
        ),
        pytest.param(
            "[[secret]]",
            '[rotation]\nsubnets = ["s"]\n\n[[secret]]',
            "subnets and security_groups require each other",
            id="subnets without security groups",
        ),
        pytest.param(
            "[[secret]]",
            '[rotation]\nsubnets = ["subnet-0a;"]\nsecurity_groups = ["sg-0a"]\n\n[[secret]]',
            "shield.toml:7: invalid subnets",
            id="invalid subnet",
        ),
        pytest.param(
            "[[secret]]",
            '[environments.far]\nrole = "a//b"\n[[secret]]',
            "shield.toml:7: invalid role",
            id="invalid role in an environment",
        ),
        pytest.param(
            "[[secret]]",
            '[environments.far]\nassume = "Shop"\n[[secret]]',
            "shield.toml:7: invalid assume",
            id="role to assume is not an ARN",
        ),
        pytest.param(
            "[[secret]]",
            '[monitoring]\nnamespace = "AWS/Lambda"\n[[secret]]',
            "shield.toml:7: invalid namespace",
            id="namespace of AWS",
        ),
        pytest.param(
            "[[secret]]",
            '[monitoring]\nreaders = ["role/team/*"]\n[[secret]]',
            "matches every role",
            id="readers by path only, which alarms would not see",
        ),
        pytest.param(
            "[[secret]]",
            '[monitoring]\nreaders = ["role/team/*@999999999999"]\n[[secret]]',
            "matches every role",
            id="readers of another account by path only",
        ),
        pytest.param(
            "[[secret]]",
            '[monitoring]\nreaders = ["role/team/*@*"]\n[[secret]]',
            "matches every role",
            id="readers by path only, with a wildcard instead of an account",
        ),
        pytest.param(
            "username =",
            '"user:name" =',
            "shield.toml:11: invalid field name in secret 'database-credentials'",
            id="invalid field",
        ),
        pytest.param(
            '"30 days"',
            '"1 day", ca = "ca$.pem"',
            "invalid ca",
            id="invalid path of certificates",
        ),
        pytest.param(
            '"30 days"',
            '"3 hours"',
            "shield.toml:15: rotate of database-cr",
            id="rotation too often",
        ),
        pytest.param('"30 days"', '"soon"', "invalid rotation schedule", id="invalid schedule"),
        pytest.param(
            '"30 days"',
            '"1 day", window = "2 d"',
            "invalid rotation window",
            id="invalid window",
        ),
        pytest.param(
            '"30 days"', '"1 day", strategy = "x"', "unknown strategy", id="unknown strategy"
        ),
        pytest.param('"30 days"', '"1 day", engine = "x"', "unknown engine", id="unknown engine"),
        pytest.param(
            '"30 days"', '"1 day", sslmode = "x"', "unknown sslmode", id="unknown sslmode"
        ),
        pytest.param(
            '"30 days"',
            '"1 day", hook = "../x.py"',
            "hook is outside the app's folder",
            id="hook outside the app",
        ),
        pytest.param(
            '"30 days"',
            '"1 day", ca = "/etc/ca"',
            "ca is outside the app's folder",
            id="certificates outside the app",
        ),
        pytest.param(
            '"30 days"',
            '"1 day", hook = "a-b.py"',
            "hook is not a Python module",
            id="hook is not a module",
        ),
        *(
            pytest.param(
                '"30 days"',
                f'"1 day", hook = "ops/{name}.py"',
                f"hook has the name of the module {name}, which the rotation function uses",
                id=f"hook named {name}",
            )
            for name in ("secrets", "pymysql")
        ),
        pytest.param(
            'env = "SECRET_KEY"',
            'env = "K"\nrotate = { every = "1 day", strategy = "single-user" }',
            "shield.toml:10: rotate of django-secret-key: strategy single-user does not support",
            id="database strategy for a key",
        ),
        pytest.param(
            'every = "30 days"', "", "every and strategy are missing", id="empty rotation"
        ),
        pytest.param(
            'every = "30 days"',
            'engine = "mysql", window = "3h"',
            "window requires every",
            id="window without every",
        ),
    ],
)
def test_invalid_values(old, new, message):
    with pytest.raises(ManifestError) as caught:
        parse_manifest(GOOD.replace(old, new, 1))
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("table", "value"),
    [
        pytest.param("[app]", 'runtime = "x"', id="runtime"),
        pytest.param("[app]", 'runtime = "a\\u0007.py"', id="path"),
        pytest.param("[app]", 'name = ""', id="name"),
        pytest.param("[rotation]", "log_days = 2", id="log days"),
        pytest.param("[rotation]", 'subnets = ["subnet-0a"]', id="subnets"),
        pytest.param("[rotation]", 'security_groups = ["sg-0a"]', id="security groups"),
        pytest.param("[environments.far]", 'account = "12"', id="account"),
        pytest.param("[environments.far]", 'env_file = "a\\u0007"', id="env file"),
        pytest.param("[environments.far]", 'tags = { "a?" = "b" }', id="tags"),
        pytest.param("[monitoring]", 'topic = "x"', id="topic"),
        pytest.param("[monitoring]", 'email = ["x"]', id="email"),
        pytest.param("[monitoring]", 'readers = ["x"]', id="readers"),
        pytest.param("[monitoring]", 'readers = ["role/a/*"]', id="readers by path"),
        pytest.param("[monitoring]", "overdue = -1", id="overdue"),
        pytest.param("[monitoring]", "errors = -1", id="errors"),
        pytest.param("[deployment]", 'edit = ["compose"]', id="edit"),
        pytest.param("[deployment]", 'jobs = ["a"]', id="jobs"),
    ],
)
def test_errors_name_the_line_of_the_key(table, value):
    name = "" if value.startswith("name") else 'name = "a"\n'
    app = name if table == "[app]" else f"\n\n[app]\n{name}"
    text = f"{table}\n\n{value}\n{app}"
    with pytest.raises(ManifestError) as raised:
        parse_manifest(text)
    assert raised.value.message.startswith("shield.toml:3: ")


def test_a_strategy_for_databases_needs_the_login_as_the_hint_says():
    secret = '[[secret]]\nname = "database-password"\n'
    rotate = 'rotate = { every = "1 day", strategy = "single-user" }\n'
    with pytest.raises(ManifestError) as caught:
        parse_manifest(f'{GOOD}{secret}kind = "password"\nenv = "SHOP__PASSWORD"\n{rotate}')
    kind, _, fields = caught.value.hint.partition(": ")[2].partition(", ")
    assert 'password = "SHOP__PASSWORD"' in fields
    *_, login = parse_manifest(f"{GOOD}{secret}{kind}\n{fields}\n{rotate}").secret
    assert (login.kind, {*login.fields}) == (
        "database",
        {"host", "port", "database", "username", "password"},
    )


ADMIN_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:ops/admin"


@pytest.mark.parametrize("admin", ["*", "ops/*", "ops/a?min", f"{ADMIN_ARN}-*", ADMIN_ARN, "arn:*"])
def test_administrator_secret_must_be_exactly_one(admin):
    with pytest.raises(
        ManifestError, match="rotate of database-credentials: invalid admin"
    ) as caught:
        parse_manifest(GOOD.replace('"30 days"', f'"30 days", admin = "{admin}"', 1))
    assert caught.value.hint == "use the full name of one secret in AWS, or its full ARN"


@pytest.mark.parametrize("admin", ["database-admin", "ops/admin", f"{ADMIN_ARN}-AbC123"])
def test_valid_administrator_secrets(admin):
    assert parse_manifest(GOOD.replace('"30 days"', f'"30 days", admin = "{admin}"', 1))


@pytest.mark.parametrize(
    "role", ["Shop", "service/web/Shop", "arn:aws-cn:iam::123456789012:role/a/B"]
)
def test_valid_roles(role):
    assert parse_manifest(GOOD.replace("[app]\n", f'[app]\nrole = "{role}"\n', 1)).app.role == role


@pytest.mark.parametrize(
    "name",
    [
        *["LD_PRELOAD", "PATH", "PYTHONSTARTUP", "AWS_ENDPOINT_URL_STS", "GCONV_PATH", "PAGER"],
        *["GIT_EXTERNAL_DIFF", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_VALUE_0", "GIT_PAGER", "EDITOR"],
        *["_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "OPENSSL_CONF", "RUBYOPT"],
        *["NODE_OPTIONS", "PERL5OPT", "DYLD_INSERT_LIBRARIES", "LUA_INIT_5_4", "LESSOPEN"],
        *["TAR_OPTIONS", "GNUMAKEFLAGS", "MAKEFILES", "GUNICORN_CMD_ARGS", "PSQLRC", "VIMINIT"],
        *["RSYNC_RSH", "npm_config_script_shell", "NPM_CONFIG_GLOBALCONFIG", "GOFLAGS", "RUSTC"],
        *["DJANGO_SETTINGS_MODULE", "KRB5_CONFIG", "SSL_CERT_FILE", "DOCKER_HOST"],
    ],
)
def test_variables_that_run_other_code_are_refused(name):
    with pytest.raises(ManifestError, match=f"{name} can't be the variable of a secret"):
        parse_manifest(GOOD.replace('"SECRET_KEY"', f'"{name}"', 1))


@pytest.mark.parametrize(
    "name",
    [
        *["LD_SDK_KEY", "GIT_TOKEN", "NODE_AUTH_TOKEN", "ENV_KEY", "GITHUB_TOKEN", "GIT_PASSWORD"],
        *["GIT_SSH_KEY", "GIT_CONFIG_TOKEN", "PAGERDUTY_API_KEY", "PYTHON_API_KEY", "JAVA_KEY"],
        *["PYTHONANYWHERE_API_TOKEN", "AWS_SECRET_ACCESS_KEY", "OPENSSL_KEY", "BROWSER_API_KEY"],
        *["NPM_CONFIG__AUTH", "NPM_TOKEN", "PIP_INDEX_URL", "HTTP_PROXY", "DATABASE_OPTIONS"],
        *["DOCKER_PASSWORD", "RSYNC_PASSWORD", "FLASK_SECRET_KEY", "CARGO_REGISTRY_TOKEN"],
    ],
)
def test_variables_with_similar_names_are_allowed(name):
    assert parse_manifest(GOOD.replace('"SECRET_KEY"', f'"{name}"', 1))


@pytest.mark.parametrize("path", ["secrets.py", "shop/utils/secrets.py", "my-app/src/shop/s.py"])
def test_valid_runtime_paths(path):
    assert (
        parse_manifest(GOOD.replace("[app]\n", f'[app]\nruntime = "{path}"\n', 1)).app.runtime
        == path
    )


@pytest.mark.parametrize(
    "path", [".shield/x.py", "shop/.git/x.py", "../x.py", "/x.py", "shop/x.txt", "a-b.py", ""]
)
def test_invalid_runtime_paths(path):
    with pytest.raises(ManifestError, match="invalid runtime"):
        parse_manifest(GOOD.replace("[app]\n", f'[app]\nruntime = "{path}"\n', 1))


@pytest.mark.parametrize(
    ("text", "error", "value"),
    [
        pytest.param(
            '[[secret]]\nname = "a"\nkind = "datbase"',
            "4: invalid value of kind",
            "database",
            id="kind",
        ),
        pytest.param(
            '[deployment]\nedit = ["helm"]', "3: invalid value of edit", "compose", id="list"
        ),
    ],
)
def test_values_of_an_enumeration_are_listed(text, error, value):
    with pytest.raises(ManifestError) as raised:
        parse_manifest(f"app = {{name = 'a'}}\n{text}")
    assert raised.value.message == f"shield.toml:{error}"
    assert raised.value.hint.startswith("use one of ")
    assert value in raised.value.hint.removeprefix("use one of ").split(", ")


LOGIN = '[[secret]]\nname = "a"\nkind = "database"\nfields = {password = "A"}\nrotate = '


@pytest.mark.parametrize(
    "text",
    [
        *[
            '[app]\nname = "V"',
            '[app]\nname = "a"\nprefix = "V"',
            '[app]\nname = "a"\nruntime = "V"',
        ],
        *['[app]\nname = "a"\nregion = "V"', '[app]\nname = "a"\nkms_key = "V"'],
        *['[app]\nname = "a"\nrole = "V"', '[app]\nname = "a"\nreplicas = ["V"]'],
        *['[app]\nname = "a"\nignore = ["V"]', '[app]\nname = "a"\ngenerate = ["V"]'],
        *['[app]\nname = "a"\nsettings = ["V"]', '[app]\nname = "a"\ntags = {a = "V"}'],
        *[f'[environments.a]\n{key} = "V"' for key in ("prefix", "region", "kms_key", "role")],
        *[f'[environments.a]\n{key} = "V"' for key in ("account", "profile", "assume")],
        *['[environments.a]\nenv_file = "V"', '[environments.a]\nreplicas = ["V"]'],
        *[f'[monitoring]\n{key} = ["V"]' for key in ("readers", "email")],
        *[f'[monitoring]\n{key} = "V"' for key in ("topic", "namespace", "errors")],
        *[f'[rotation]\n{key} = ["V"]' for key in ("subnets", "security_groups")],
        *[f'[deployment]\n{key} = ["V"]' for key in ("edit", "containers", "inject", "jobs")],
        *['[[secret]]\nname = "V"\nenv = "A"', '[[secret]]\nname = "a"\nenv = "V"'],
        *['[[secret]]\nname = "a"\nenv = "A"\nkind = "V"', '[[secret]]\nname = "a"\nfields = "V"'],
        *[f'[[secret]]\nname = "a"\nenv = "A"\n{key} = "V"' for key in ("rotate", "description")],
        *[
            '[[secret]]\nname = "a"\nfields = {b = "V"}',
            '[[secret]]\nname = "a"\nfields = {"V" = "A"}',
        ],
        *[f'{LOGIN}{{{key} = "V"}}' for key in ("every", "strategy")],
        *[f'{LOGIN}{{every = "1 day", {key} = "V"}}' for key in ("engine", "sslmode", "admin")],
        *[f'{LOGIN}{{every = "1 day", {key} = "V"}}' for key in ("window", "hook", "ca")],
    ],
)
def test_errors_do_not_show_values(text):
    app = "" if "[app]" in text else '[app]\nname = "a"\n'
    with pytest.raises(ManifestError) as raised:
        parse_manifest(app + text.replace("V", "p4ss-w0rd!\\u0007://"))
    assert "p4ss" not in raised.value.message + raised.value.hint
