"""Writes docs/reference/ and the man page from the code: what is listed there can't be wrong.

make docs runs it; a test fails while a file is out of date.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import api
import click
import manpage
import words
from tables import table

from shield_ai import errors, manifest, pattern, runtime, schema
from shield_ai.aws import session
from shield_ai.cli import cli
from shield_ai.infra.iam import policy_document
from shield_ai.infra.monitoring import monitoring
from shield_ai.infra.permissions import PERMISSIONS
from shield_ai.model import Kind
from shield_ai.rotator import known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DOCS = Path(__file__).parent
NOTE = "<!-- Written by `make docs` from the code: change it there. -->\n"
EXAMPLE = manifest.Manifest(
    app=manifest.App(name="storefront", role="StorefrontApplicationRole"),
    monitoring=manifest.Monitoring(email=("security@example.com",), overdue=2),
    secret=(
        manifest.Secret(
            name="database-credentials",
            kind=Kind.DATABASE,
            fields={"password": "DATABASE_PASSWORD"},
            rotate=manifest.Rotation(every="30 days"),
        ),
    ),
)
ACCOUNT = "123456789012"


def files() -> dict[Path, str]:
    """Every generated file and its text."""
    reference = DOCS / "reference"
    made = {
        reference / "commands.md": commands(),
        reference / "settings.md": environment(),
        reference / "manifest.md": shield_toml(),
        reference / "rules.md": rules(),
        reference / "metrics.md": metrics(),
        reference / "permissions.md": needed(),
        reference / "exit-codes.md": exit_codes(),
        reference / "python.md": api.page(),
    }
    whole = json.dumps(schema.schema(), indent=2, ensure_ascii=False) + "\n"
    return {
        **{path: NOTE + "\n" + text.strip("\n") + "\n" for path, text in made.items()},
        reference / "shield.schema.json": whole,
        DOCS / "shield.1": manpage.page(cli),
    }


def commands() -> str:
    """Each command as --help has it, in a form to link to."""
    parts = [
        "# Commands\n",
        "`shield`, or `python -m shield_ai`. `APP` is the app's folder, the one you are in by default.",
        "Data goes to stdout, words go to stderr. Each option can be given as a variable, too.",
        "[Exit codes](exit-codes.md) · [shell completion and the man page](../guides/shell.md)\n",
    ]
    context = click.Context(cli, info_name="shield")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command
        inner = click.Context(command, parent=context, info_name=name)
        usage = " ".join(command.collect_usage_pieces(inner))
        parts += [f"## shield {name}\n", f"`shield {name} {usage}`\n", paragraphs(command.help or "")]
        options = [p for p in command.get_params(inner) if isinstance(p, click.Option) and "--help" not in p.opts]
        if options:
            rows = [(_option(o), o.help or _choices(o), f"`{o.envvar}`") for o in options]
            parts.append(table("option | does | variable", rows))
    return "\n".join(parts)


def _option(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    taken = "" if option.is_flag else f" `{option.make_metavar(click.Context(cli))}`"
    return names + taken


def _choices(option: click.Option) -> str:
    kind = option.type
    return " or ".join(str(choice) for choice in kind.choices) if isinstance(kind, click.Choice) else ""


def paragraphs(text: str) -> str:
    """A docstring as Markdown."""
    return inspect.cleandoc(text).replace("\b\n", "") + "\n"


def environment() -> str:
    """What an app's process is told by its environment."""
    asked = set(
        re.findall(r'"((?:AWS_SECRETS|USE_AWS|DJANGO|PARAMETERS_SECRETS)_\w+|AWS_REGION)"', inspect.getsource(runtime))
    )
    assert asked == set(words.VARIABLES), asked ^ set(words.VARIABLES)
    rows = [(f"`{name}`", default, says) for name, (default, says) in words.VARIABLES.items()]
    return "\n".join(
        [
            "# Environment variables\n",
            "## Of the app\n",
            "What `get_secret()` reads: when it is first needed, and again after `clear_secret_cache()`.\n",
            table("variable | default | says", rows),
            "Credentials, endpoint and proxy are the SDK's own: `AWS_PROFILE`, `AWS_ROLE_ARN`, `AWS_ENDPOINT_URL`, …\n",
            "## Of the command\n",
            "Each option of `shield` is a variable, too: `SHIELD_SCAN_FORMAT=json` is `shield scan --format json`;",
            "[commands](commands.md) lists them. No option and no variable takes a secret's value.\n",
            table("variable | says", [(f"`{name}`", says) for name, says in words.OF_THE_COMMAND.items()]),
        ]
    )


def shield_toml() -> str:
    """Every key of the manifest."""
    parts = [
        "# shield.toml\n",
        "What is moved, under which name. It never holds a value: review it, edit it, commit it.",
        "`shield draft` writes it and adds to it. [Completion in editors](../guides/shell.md#editors) comes from",
        "`shield schema`.\n",
    ]
    first = ("App", "Secret", "Rotation", "Functions", "Monitoring", "Environment")
    _, *structs = schema.structs()
    for struct in sorted(structs, key=lambda s: first.index(s.__name__) if s.__name__ in first else len(first)):
        said, part = schema.meanings(struct), schema.schema()["definitions"][struct.__name__]
        doc = struct.__doc__ or ""
        rows = [
            (f"`{key}`", _kind(said_of), _default(key, said_of, part), said.get(key, ""))
            for key, said_of in part["properties"].items()
        ]
        title = next(iter(re.findall(r"`(\[.+?\]+)`", doc)), "rotate = { … }")
        parts += [f"## {title}\n", f"{doc}\n", table("key | takes | default | is", rows)]
    kinds = ", ".join(f"`{kind}`" for kind in Kind)
    own = ", ".join(f"`{name}`" for name in known.STRATEGIES)
    parts += [
        "## Kinds and strategies\n",
        f"Kinds: {kinds}.\n",
        f"Strategies: {', '.join(f'`{user}`' for user in manifest.USERS)}, which go with the server; in full: {own}.\n",
    ]
    return "\n".join(parts)


def _kind(key: dict[str, Any]) -> str:
    names = {"string": "text", "integer": "number", "boolean": "`true`, `false`", "object": "table"}
    if "$ref" in key:
        return "a [kind](#kinds-and-strategies)" if key["$ref"].endswith("/Kind") else "table"
    if "anyOf" in key:
        return '`"manual"`, or a table'
    return "list of texts" if key["type"] == "array" else names[key["type"]]


def _default(name: str, key: dict[str, Any], part: dict[str, Any]) -> str:
    if name in part.get("required", ()):
        return "*needed*"
    return f"`{json.dumps(key['default'])}`" if key.get("default") not in (None, "", [], (), {}) else ""


def rules() -> str:
    """What is looked for."""
    whole, credentials = pattern.load(), pattern.credentials()
    parts = [
        "# Rules\n",
        "`shield explain RULE` says the same in the terminal; `shield patterns list` lists them, your own included.\n",
        f"## {whole.id}: {whole.title}\n",
        f"{whole.description}\n",
        f"{whole.fix}\n",
    ]
    for rule in whole.rules:
        example = textwrap.dedent(rule.examples[0]).strip("\n")
        language = "python" if rule.kind is not pattern.RuleKind.DOTENV else "sh"
        parts += [
            f"### {rule.id}\n",
            f"{rule.title} ({rule.severity}).\n",
            f"{rule.explanation}\n",
            f"*What to do:* {rule.fix}\n",
            f"Is found in, for example:\n\n```{language}\n{example}\n```\n",
        ]
        if rule.reference:
            parts.append(f"See <{rule.reference}>.\n")
    rows = [(f"`{rule.id}`", rule.title, str(rule.severity)) for rule in credentials.rules]
    parts += [
        f"## {credentials.id}: {credentials.title}\n",
        f"{credentials.description}\n",
        f"*What to do:* {credentials.fix}\n",
        table("rule | finds | severity", rows),
    ]
    return "\n".join(parts)


def metrics() -> str:
    """What the runtime counts, and what is made to watch it."""
    units = runtime._UNITS  # noqa: SLF001  # the one list of what is sent
    assert set(words.METRICS) == set(units), set(words.METRICS) ^ set(units)
    sent = [(f"`{name}`", unit, words.METRICS[name]) for name, unit in units.items()]
    sent += [(f"`{name}`", *says) for name, says in words.OF_ROTATION.items()]
    watched = [r for r in monitoring(EXAMPLE, ACCOUNT, "us-east-1") if r.kind in ("alarm", "event-rule")]
    rows = [(f"`{r.name.removeprefix('storefront-')}`", *_watches(r.kind, r.settings)) for r in watched]
    return "\n".join(
        [
            "# Metrics and alarms\n",
            "## Metrics\n",
            f"With `AWS_SECRETS_METRICS=emf` or `cloudwatch`, an app sends these each {runtime.REPORT_EVERY:g} seconds",
            "in which it asked for a secret. `stats()` gives the counts at any time, and sends nothing.\n",
            table("metric | unit | is", sent),
            "## Alarms\n",
            "Made by `shield apply` where [`[monitoring]`](manifest.md#monitoring) says who is told.",
            "Their names begin with the app's.\n",
            table("name | is | says", rows),
        ]
    )


def _watches(kind: str, settings: Any) -> tuple[str, str]:
    if kind == "event-rule":
        return "a rule on CloudTrail's events", json.loads(settings["target"]["template"]).replace("<", "&lt;")
    return f"an alarm on `{settings['metric']}`", settings["description"]


def needed() -> str:
    """Who needs which permission."""
    policy = json.dumps(policy_document(EXAMPLE, ACCOUNT), indent=2)
    deeds = ("look", "create", "update", "remove")
    rows = [(kind, *(_listed(getattr(verbs, deed)) for deed in deeds)) for kind, verbs in PERMISSIONS.items()]
    return "\n".join(
        [
            "# Permissions\n",
            "## The app's role\n",
            "Two actions, on exactly the app's secrets. `shield apply` writes this policy to",
            "`aws/iam-policy-secrets-manager.json`; with `role` in `shield.toml` it also creates and attaches it.",
            "With a key of your own (`kms_key`), it allows `kms:Decrypt` through Secrets Manager as well.\n",
            f"```json\n{policy}\n```\n",
            "## Whoever runs shield\n",
            "`shield scan`, `draft`, `explain`, `schema`, and everything with `--only code` need no AWS.",
            "A plan names the permissions of each of its changes. For the secrets, and for looking:\n",
            table("in the code of | calls", _called()),
            "For what is made beside the secrets:\n",
            table("what | to look | to create | to update | to remove", rows),
        ]
    )


def _called() -> Iterator[tuple[str, str]]:
    """What each module calls that is not of a kind of resource; every call says its permission."""
    of_kinds = {n for v in PERMISSIONS.values() for n in (*v.look, *v.create, *v.update, *v.remove)}
    for path in sorted(Path(session.__file__).parent.glob("*.py")):
        called = sorted(set(re.findall(r'refused\(f?"(\w+:\w+)"', path.read_text("utf-8"))) - of_kinds)
        if called:
            yield words.PARTS.get(path.stem, path.stem), _listed(called)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def exit_codes() -> str:
    """With what a command ends."""
    codes = {
        value: name for name, value in vars(errors).items() if isinstance(value, int) and re.fullmatch(r"[A-Z]+", name)
    }
    assert set(codes) == set(words.CODES), set(codes) ^ set(words.CODES)
    raised: dict[int, list[str]] = {}
    for error in _tree(errors.ShieldError):
        raised.setdefault(error.exit_code, []).append(f"`{error.__name__}`: {(error.__doc__ or '').splitlines()[0]}")
    rows = [(str(code), words.CODES[code], "<br>".join(raised.get(code, ()))) for code in sorted(codes)]
    return "# Exit codes\n\n" + table("code | means | of the kinds", rows)


def _tree(error: type[errors.ShieldError]) -> Iterator[type[errors.ShieldError]]:
    yield error
    for kind in error.__subclasses__():
        yield from _tree(kind)


if __name__ == "__main__":
    for path, text in files().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stderr.write(f"written: {path.relative_to(DOCS.parent)}\n")
