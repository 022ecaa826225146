"""Descriptions of names that the code does not describe. generate.py fails if one is missing."""

from __future__ import annotations

# The Python API: what the docstrings leave out.
ERRORS = (
    "All are derived from `SecretError`. `SecretNotFoundError` is also a `KeyError` and a "
    "`ValueError`, and `SecretFormatError` a `ValueError`, so that the handlers of an app for a "
    "missing variable or an invalid one still work. No error contains a value."
)
ARGUMENTS = {
    "name": "Name of the secret in AWS, without the prefix.",
    "default": "Returned if the secret can't be read and the app can run without it.",
    "key": "Field of a JSON secret; the same as `name:field`.",
    "env": "Environment variable of the secret, as for `get_secret()`.",
    "stage": "Version stage; `AWSPREVIOUS` for the previous version.",
    "optional": "The app can run without the secret, as for `get_secret()`.",
    "*names": "Names of secrets, or lists of names.",
    "record": "The log record.",
    "runtime": "The runtime package that the app imports, if it is another copy.",
}
API_MODULES = {
    "testing": ("fake_secrets", "FakeSecrets"),
    "redaction": ("RedactingFilter",),
    "pydantic": ("SecretsManagerSource",),
    "django.health": ("health", "view"),
}

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
            "The environment. In `development` and `local`, "
            "environment variables take precedence over AWS, and defaults are used. If it is not "
            "set, environment variables take precedence, unless `AWS_SECRETS_FALLBACK=deny`. Any "
            "other value means production. See [order of sources](../concepts/sources.md)."
        ),
    ),
    "AWS_SECRETS_ENV": (
        "`DJANGO_ENV`",
        "Overrides `DJANGO_ENV`, for projects without it or with another use of it.",
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
            "if it is set, `any` also uses the default, and `deny` raises an error, "
            "also for an optional secret."
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
            "`agent` reads from the AWS Workload Credentials Provider (the agent) or the Lambda "
            "extension on the loopback interface, without boto3."
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
    "AWS_MAX_ATTEMPTS": "How often a call to AWS is tried, as in other AWS tools; 3 by default.",
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
        "(`plan --detailed-exitcode`, where Terraform exits with 2), or a question was answered "
        "with no."
    ),
    2: "Invalid usage or configuration.",
    3: "Internal error. The message names a report file that contains no secret values.",
    4: "The plan is stale or unsafe. Nothing was changed.",
    5: "AWS denied the call or is unavailable.",
    6: "The rollback is incomplete. The output lists the remaining steps.",
    130: "Interrupted. The hint says what is safe; the journal is consistent.",
}
# The command that prints each JSON document.
JSON_COMMANDS = {
    "scan": "shield scan --format json",
    "scan-repos": "shield scan --repos FILE --format json",
    "baseline": "shield scan --write-baseline FILE",
    "draft": "shield draft --json",
    "plan": "shield plan --json",
    "apply": "shield apply --json",
    "export": "shield export --format json",
    "cost": "shield cost --json",
    "verify": "shield verify --json",
    "rotate": "shield rotate --json",
    "rotate-status": "shield rotate --status --json",
    "audit": "shield audit --json",
    "report": "shield report --format json",
    "pull": "shield pull --json",
    "rollback": "shield rollback --json",
    "explain": "shield explain RULE --json",
    "patterns-list": "shield patterns list --json",
    "patterns-check": "shield patterns check --json",
}
# Keys of JSON documents that the code does not describe.
JSON_KEYS = {
    "version": "the version of the document",
    "app": "the name of the application in `shield.toml`",
    "account": "the AWS account; empty if AWS was not used",
    "region": "the AWS region; can be empty",
    "rule": "the id of the [rule](rules.md)",
    "path": "the file",
    "line": "the first line",
    "column": "the first character of the line",
    "end_line": "the last line",
    "end_column": "the character after the last one",
    "message": "what was found, for people",
    "reason": "why it was skipped, for people",
    "name": "the name",
    "count": "how many",
    "repository": "the folder or the URL",
    "seconds": "the duration of the scan",
    "error": "why it could not be scanned, for people; empty: it was scanned",
    "start": "the first byte that is replaced",
    "end": "the byte after the last one that is replaced",
    "replacement": "the new text",
    "permissions": "the IAM permissions that the change needs",
    "detail": "more about the result, for people",
    "settings": "the settings, as in the AWS API",
    "hint": "what to do, for people",
    "what": "what it costs",
    "amount": "how many units in a month",
    "unit": "what is billed",
    "usd": "the cost in a month",
    "strategy": "the rotation [strategy](../concepts/rotation.md)",
    "next": "when the next rotation is due",
    "secret": "the name of the secret in AWS",
    "who": "the principal",
    "first": "the time of the first event",
    "last": "the time of the last event",
    "sources": "IP addresses and AWS services",
    "more_sources": "the number of sources that are not listed",
    "text": "what happened, for people",
    "env_file": "the file",
    "written": "the variables that were written",
    "unchanged": "the variables that had the value already",
    "id": "the id",
    "title": "the title, for people",
    "explanation": "why it is a problem, for people",
    "fix": "how to fix it, for people",
    "references": "links",
    "example": "code in which the rule finds something",
    "created": "when the report was made",
    "statement": "what the control requires, for people",
    "kind": "the kind",
    "variables": "the variables",
    "where": "the state in AWS",
    "kms_key": "the KMS key; can be empty",
    "reads": "the places in the code",
    "is_in_aws": "whether it exists in AWS",
    "rotation": "the state of its rotation",
    "failures": "the examples that failed, for people",
}
# The same for a key of one document, by its path. They replace comments of the code, too.
JSON_PATHS = {
    "skipped[].id": "the id of the [reason](skip-reasons.md)",
    "harmless[].id": "the id of the [reason](skip-reasons.md)",
    "unscanned[].id": "the id of the [reason](skip-reasons.md)",
    "unread[].id": "the id of the [reason](skip-reasons.md)",
    "audit.unread[].id": "the id of the [reason](skip-reasons.md)",
    "unreadable[].id": "the id of the [reason](skip-reasons.md)",
    "checks[].id": "the id of the [check](checks.md)",
    "rules[].id": "the id of the rule",
    "patterns[].id": "the id of the pattern",
    "patterns[].rules[].id": "the id of the rule",
    "patterns[].rules[].severity": "the severity of its findings",
    "rules[].severity": "the severity of its findings",
    "findings[].count": "how many findings have this rule, path and name",
    "findings[].end_column": "the character after the last one, in the last line",
    "repositories[].commit": "the commit; for a folder, a digest of its names, sizes and times",
    "changes[].resource": "`secret`, or the kind of the resource",
    "changes[].settings": "the desired settings; null to remove the resource",
    "changes[].before": "the settings at the time of the plan; null if it is missing",
    "changes[].value": "how the value of an existing secret compares with its source",
    "changes[].origins[].locator": "the place of the value, such as `dotenv:.env#SECRET_KEY`",
    "files[].before": "SHA-256 of the file that the plan was made from; null for a new file",
    "dotenv[].locator": "the place of the literal in the code",
    "dotenv[].field": "the variable",
    "read": "SHA-256 of every other input file, by path",
    "bill.lines[].known": "false: the price in this region is unknown; this is that of us-east-1",
    "since": "the start of the period; null: all events",
    "audit.since": "the start of the period; null: all events",
    "audit.version": "the version of the document of `shield audit`",
    "audit": "the document of `shield audit`; null without CloudTrail events",
    "accesses[].sources": "IP addresses and AWS services, sorted; at most 20",
    "audit.accesses[].sources": "IP addresses and AWS services, sorted; at most 20",
    "alerts[].kind": "`denied`, `outside`, `new`, `deleted`, `rotation` or `policy`",
    "audit.alerts[].kind": "`denied`, `outside`, `new`, `deleted`, `rotation` or `policy`",
    "locations[].settings": "the places in deployment files",
    "locations[].reads": "the places in the code",
    "alarms[].text": "what it reports, for people",
    "controls[].evidence": "the evidence; if the control was not checked, the reason",
    "region": "the AWS region; can be empty",
    "account": "the AWS account; empty if AWS was not used",
    "environment": "the environment of `shield.toml`; empty for none",
    "manifest": "the path of the file",
}
