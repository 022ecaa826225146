"""Write docs/reference/ from the code. `make docs` runs this; a test fails where a page is out of date."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from shield_ai import errors, pattern, runtime
from shield_ai.cli import COMMANDS, cli
from shield_ai.infra.permissions import PERMISSIONS
from shield_ai.manifest import App, Monitoring, Rotation, Secret
from shield_ai.schema import notes

FOLDER = Path(__file__).with_name("reference")
HEAD = "<!-- Written by docs/generate.py from the code: change that, then make docs. -->\n\n"

# What each variable that the runtime reads means; a test fails where the runtime reads one that is not here.
SETTINGS = {
    "USE_AWS_SECRETS": ("false", "`true` reads secrets from AWS Secrets Manager; `false` leaves the app as it was"),
    "DJANGO_ENV": (
        "development",
        "with `development`, a variable that is set wins over AWS; any other word is production",
    ),
    "AWS_REGION": ("boto3's", "the region of the secrets"),
    "AWS_SECRETS_PREFIX": ("", "put before each name: `storefront/prod/`"),
    "AWS_SECRETS_TTL": (
        f"{runtime.SECRET_CACHE_TTL:.0f}",
        "seconds that a value is served from memory before AWS is asked again",
    ),
    "AWS_SECRETS_MAX_STALE": (
        f"{runtime.MAX_STALE:.0f}",
        "seconds that the last known value is served while AWS does not answer",
    ),
    "AWS_SECRETS_FALLBACK": (
        "env",
        "`env`: the variable serves where AWS does not; `deny`: nothing does; `any`: even a default in the code",
    ),
    "AWS_SECRETS_TRANSPORT": ("boto3", "`agent` reads through the AWS Secrets Manager Agent or the Lambda extension"),
    "AWS_SECRETS_METRICS": (
        "off",
        "`emf` prints metrics for CloudWatch Logs, `cloudwatch` sends them; `emf:NAMESPACE` names where",
    ),
    "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": ("2773", "the agent's port"),
}
METRICS = {
    "SecretsManagerCalls": "calls of AWS",
    "CacheHits": "answers from memory; counted once a second for each name",
    "CacheMisses": "answers that AWS had to be asked for",
    "SecretErrors": "calls that AWS refused or did not answer",
    "FallbackToEnv": "answers from an environment variable, because AWS gave none",
    "StaleServed": "answers older than their time, because AWS did not answer",
}
CODES = {
    "DONE": "done",
    "FINDINGS": "findings, pending changes, failed checks, or something in an audit that needs eyes",
    "USAGE": "usage or configuration",
    "BUG": "a bug in shield; the report file holds no value",
    "STALE": "a stale or unsafe plan",
    "REFUSED": "AWS refused, or can't be reached",
    "INCOMPLETE": "a rollback that could not undo everything",
    "INTERRUPTED": "interrupted; the journal is consistent",
}


def pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    made = {
        "commands.md": _commands(),
        "settings.md": _settings(),
        "manifest.md": _manifest(),
        "rules.md": _rules(),
        "metrics.md": _metrics(),
        "permissions.md": _permissions(),
        "exit-codes.md": _codes(),
    }
    return {name: HEAD + text for name, text in made.items()}


def _commands() -> str:
    parts = ["# Commands\n", "Every option is also a variable: `--yes` of `shield apply` is `SHIELD_APPLY_YES=1`.\n"]
    context = click.Context(cli, info_name="shield", **cli.context_settings)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is None:
            raise KeyError(name)
        inner = click.Context(command, info_name=name, parent=context, terminal_width=80, max_content_width=80)
        parts.append(f"## shield {name}\n\n```text\n{command.get_help(inner)}\n```\n")
    return "\n".join(parts)


def _settings() -> str:
    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {text} |" for name, (default, text) in SETTINGS.items()
    ]
    head = "# Settings of the runtime\n\nVariables that are read once, and again after `clear_secret_cache()`.\n"
    return "\n".join([head, "| variable | default | meaning |", "|---|---|---|", *rows, ""])


def _manifest() -> str:
    parts = [
        "# shield.toml\n",
        "`shield schema` prints its JSON Schema; an editor that knows `#:schema` then completes and checks it.\n",
    ]
    for title, struct in (("[app]", App), ("[[secret]]", Secret), ("rotate", Rotation), ("[monitoring]", Monitoring)):
        parts.append(f"## {title}\n\n| key | default | meaning |\n|---|---|---|")
        told = notes(struct)
        for field in msgspec.structs.fields(struct):
            default = "required" if field.required else _default(field)
            parts.append(f"| `{field.name}` | {default} | {told.get(field.name, '')} |")
        parts.append("")
    return "\n".join(parts)


def _default(field: msgspec.structs.FieldInfo) -> str:
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return f"`{value}`" if value not in ("", (), {}, None) else ""


def _rules() -> str:
    found = pattern.load()
    parts = [f"# Rules\n\n{found.id}: {found.title}. {found.description}\n"]
    for rule in found.rules:
        example = "\n".join(f"    {line}".rstrip() for line in rule.examples[0].strip().splitlines())
        parts.append(
            f"## {rule.id}\n\n{rule.title} ({rule.severity}). {rule.explanation}\n\n"
            f"What to do: {rule.fix}\n\n{example}\n"
        )
    return "\n".join(parts)


def _metrics() -> str:
    rows = [f"| `{name}` | {METRICS[name]} |" for name in runtime.COUNTS]
    head = "# Metrics\n\n`stats()` returns them; `AWS_SECRETS_METRICS` sends each minute how much they grew.\n"
    more = [
        "| `SecretRotationOverdueDays` | days that the latest rotation is late, by `shield rotate --status --publish` |"
    ]
    more += ["| `CacheHitRate` | hits of all answers |", "| `SecretAgeSeconds` | age of the oldest value in memory |"]
    return "\n".join([head, "| metric | counts |", "|---|---|", *rows, *more, ""])


def _permissions() -> str:
    parts = [
        "# Permissions\n",
        "The app's role gets `secretsmanager:GetSecretValue` and `DescribeSecret` on exactly its secrets,",
        "and with a key of your own `kms:Decrypt` through Secrets Manager.\n",
        "Whoever runs `shield apply` needs, for each kind of resource beside the secrets:\n",
        "| resource | look | create | change | remove |",
        "|---|---|---|---|---|",
    ]
    for kind, verbs in PERMISSIONS.items():
        cells = ["<br>".join(f"`{v}`" for v in each) for each in (verbs.look, verbs.create, verbs.update, verbs.remove)]
        parts.append(f"| {kind} | {' | '.join(cells)} |")
    parts += [
        "",
        "`shield audit` needs `cloudtrail:LookupEvents`; `shield rotate --publish`, `cloudwatch:PutMetricData`.",
        "",
    ]
    return "\n".join(parts)


def _codes() -> str:
    rows = [f"| {getattr(errors, name)} | {text} |" for name, text in CODES.items()]
    return "\n".join(["# Exit codes\n", "| code | meaning |", "|---|---|", *rows, ""])


def main() -> int:
    """Write what has changed."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
