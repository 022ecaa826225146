"""What the code itself does not say of the names that the reference lists; generate.py fails when one is missing."""

from __future__ import annotations

VARIABLES = {  # name -> default, meaning
    "USE_AWS_SECRETS": (
        "`false`",
        "the switch: `true`, `1`, `yes`, `on` or `false`, `0`, `no`, `off`. Off, boto3 is not even imported",
    ),
    "DJANGO_ENV": (
        "`development`",
        (
            "whatever else it says is production: AWS comes first. In development a variable that is set wins. "
            "It counts without Django, too. See [order of sources](../concepts/sources.md)"
        ),
    ),
    "AWS_REGION": ("the SDK's, then `us-east-1`", "where the secrets are"),
    "AWS_SECRETS_PREFIX": ("none", "is put before each name: `storefront/prod/`"),
    "AWS_SECRETS_TTL": ("`300`", "seconds for which a value is fresh"),
    "AWS_SECRETS_MAX_STALE": (
        "`86400`",
        "seconds for which the last known value serves when AWS can't be reached",
    ),
    "AWS_SECRETS_FALLBACK": (
        "`env`",
        (
            "what serves when AWS can't, in production: `env`, the variable if it is set; `any`, the default, too; "
            "`deny`, nothing"
        ),
    ),
    "AWS_SECRETS_METRICS": (
        "`off`",
        (
            "where [metrics](metrics.md) go: `emf` prints lines for CloudWatch Logs, `cloudwatch` calls PutMetricData; "
            "with a namespace of your own: `emf:Shop`"
        ),
    ),
    "AWS_SECRETS_TRANSPORT": (
        "`boto3`",
        "`agent` reads through the AWS Secrets Manager Agent or the Lambda extension on loopback, without boto3",
    ),
    "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": ("`2773`", "the agent's port"),
}
OF_THE_COMMAND = {
    "NO_COLOR": "no colour, whatever it is set to",
    "AWS_ENDPOINT_URL": "another place than AWS, for example what `shield local` prints",
    "AWS_PROFILE": "whose credentials; as any AWS tool",
}
METRICS = {
    "SecretsManagerCalls": "calls to AWS, which are what you pay for",
    "CacheMisses": "times that a caller had to wait for AWS",
    "CacheHits": "times that the cache served; at most one a second for each name",
    "SecretErrors": "calls that failed, but for optional secrets that are not there",
    "FallbackToEnv": "times that a variable served because AWS could not",
    "StaleServed": "times that an expired value served because AWS could not be reached",
    "CacheHitRate": "hits of all that was asked for",
    "SecretAgeSeconds": "age of the oldest value in the cache",
}
OF_ROTATION = {  # sent by shield rotate --status --publish and the canary -> unit, meaning
    "SecretRotationOverdueDays": ("Count", "days that the latest rotation is late; 0 when none is"),
    "SecretLoginFailed": ("Count", "current logins that their servers refuse; from the canary"),
}
PARTS = {  # module of aws/ -> what it is for
    "account": "`kms_key` in shield.toml",
    "cloudwatch": "`shield rotate --status --publish`",
    "iam": "`shield verify`, of the app's role",
    "rotation": "`shield rotate`",
    "secretsmanager": "`shield plan`, `apply`, `verify`, `rollback`",
    "session": "any command, with AWS",
    "trail": "`shield audit`",
}
CODES = {
    0: "done",
    1: "findings, failed checks, or something that needs eyes",
    2: "usage or configuration",
    3: "a bug in shield; it names a report without values",
    4: "a stale or unsafe plan: nothing was changed",
    5: "AWS refused, or could not be reached",
    6: "the rollback is incomplete; it names what is left",
    130: "interrupted; the journal is consistent, run the same command again",
}
