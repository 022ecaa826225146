"""Descriptions of names that the code does not describe. generate.py fails if one is missing."""

from __future__ import annotations

# Environment variables that the runtime reads: name -> (default, description).
RUNTIME_VARIABLES = {
    "USE_AWS_SECRETS": (
        "`false`",
        (
            "Turn AWS on with `true`, `1`, `yes` or `on`, or off with `false`, `0`, `no` or `off`. "
            "If off, boto3 is not imported."
        ),
    ),
    "DJANGO_ENV": (
        "not set",
        (
            "The environment. In `development`, "
            "environment variables take precedence over AWS, and defaults are used. If it is not "
            "set, environment variables take precedence, unless `AWS_SECRETS_FALLBACK=deny`. Any "
            "other value means production. See [order of sources](../concepts/sources.md)."
        ),
    ),
    "AWS_SECRETS_ENV": (
        "`DJANGO_ENV`",
        "The environment, for applications that do not use Django. It overrides `DJANGO_ENV`.",
    ),
    "AWS_REGION": ("that of the SDK, then `us-east-1`", "The AWS region of the secrets."),
    "AWS_SECRETS_PREFIX": ("none", "A prefix for all secret names, such as `storefront/prod/`."),
    "AWS_SECRETS_TTL": ("`300`", "Seconds until a cached value expires."),
    "AWS_SECRETS_MAX_STALE": (
        "`86400`",
        "Seconds for which the last known value is used if AWS is unavailable.",
    ),
    "AWS_SECRETS_FALLBACK": (
        "`env`",
        (
            "The fallback in production if AWS is unavailable: `env` uses the environment variable "
            "if it is set, `any` also uses the default, and `deny` raises an error."
        ),
    ),
    "AWS_SECRETS_METRICS": (
        "`off`",
        (
            "Where to send [metrics](metrics.md): `emf` prints them for CloudWatch Logs, "
            "`cloudwatch` calls PutMetricData. To set a namespace, append it: `emf:Shop`."
        ),
    ),
    "AWS_SECRETS_TRANSPORT": (
        "`boto3`",
        (
            "`agent` reads from the AWS Secrets Manager Agent or the Lambda extension on the "
            "loopback interface, without boto3."
        ),
    ),
    "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": ("`2773`", "The port of the agent or extension."),
}
COMMAND_VARIABLES = {
    "NO_COLOR": "Disable color output with any value, unless `--color` is given.",
    "FORCE_COLOR": "Color output that does not go to a terminal, with any value.",
    "TERM": "Disable color and progress with `dumb`.",
    "AWS_ENDPOINT_URL": "Use a different endpoint than AWS, such as the one `shield local` prints.",
    "AWS_PROFILE": "The AWS profile to use, as in other AWS tools.",
    "SHIELD_STATE_DIR": (
        "Folder of the keys that authenticate the journals; an absolute path outside the "
        "application."
    ),
}
RUNTIME_METRICS = {
    "SecretsManagerCalls": "Calls to Secrets Manager, which AWS bills.",
    "CacheMisses": "Reads that waited for AWS.",
    "CacheHits": "Reads served from the cache; counts at most one per second and name.",
    "SecretErrors": "Failed calls, except for optional secrets that do not exist.",
    "FallbackToEnv": "Reads served from an environment variable because AWS was unavailable.",
    "StaleServed": "Reads served with an expired value after a failed call.",
    "CacheHitRate": "Percentage of reads served from the cache.",
    "SecretAgeSeconds": "Age of the oldest value in the cache.",
}
# Sent by `shield rotate --status --publish` and by the canary: name -> (unit, description).
ROTATION_METRICS = {
    "SecretRotationOverdueDays": (
        "Count",
        "Days by which the most overdue rotation is late; 0 if none is.",
    ),
    "SecretLoginFailed": (
        "Count",
        "Database logins with current values that failed. Sent only by the canary.",
    ),
}
# Modules below aws/ and the commands that need their calls.
MODULE_PURPOSES = {
    "account": "`kms_key` in shield.toml",
    "cloudwatch": "`shield rotate --status --publish`",
    "iam": "`shield verify`, to check the application's role",
    "rotation": "`shield rotate`",
    "secretsmanager": "`shield plan`, `apply`, `verify`, `rollback`;"
    " `pull` and `run` need only `GetSecretValue`",
    "session": "all commands that use AWS",
    "trail": "`shield audit`",
}
EXIT_CODES = {
    0: "Success.",
    1: (
        "There are findings, failed checks, events that need review, missing secrets "
        "(`pull`), rotations that need manual steps (`rotate --due`) or changes "
        "(`plan --detailed-exitcode`, where Terraform exits with 2)."
    ),
    2: "Invalid usage or configuration.",
    3: "Internal error. The message names a report file that contains no secret values.",
    4: "The plan is stale or unsafe. Nothing was changed.",
    5: "AWS denied the call or is unavailable.",
    6: "The rollback is incomplete. The output lists the remaining steps.",
    130: (
        "Interrupted, or a question was answered with no. The hint says what is safe; the journal is "
        "consistent."
    ),
}
