"""Write the text of the map file of an app."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from shield_ai.rewrite.code_style import ANNOTATIONS
from shield_ai.rewrite.project.file_edits import single_line
from shield_ai.rewrite.project.map_style import MapStyle

if TYPE_CHECKING:
    from typing import TypeAlias

    from shield_ai.project.secret_map import SecretMap

    Entry: TypeAlias = str | dict[str, str]

STEP = "    "
TEMPLATE = '''\
{license}"""{docstring}
"""

{future}{heading}from {package} import SecretsManagerClient
{blank_lines}
client = SecretsManagerClient(
{arguments}
)
get_secret = client.get_secret
has_secret = client.has_secret
clear_secret_cache = client.clear_cache
'''
SWITCH = (
    "With USE_AWS_SECRETS=true, get_secret() reads them from AWS Secrets Manager; otherwise, it"
    " reads the variables.{lambdas}{note}"
)
PRODUCTION = (
    " In production, also set AWS_REGION, and {}=production: variables then do not take precedence"
    " over AWS. AWS_SECRETS_PREFIX separates the environments in an AWS account."
)
INSTALL = " AWS requires boto3: `{}`."
LAMBDAS = (
    " A function in a call, such as a lambda, always runs: with AWS, its variable contains the"
    " secret."
)
UPDATES = "`shield apply` keeps the mapping in step with shield.toml."


def map_text(app: str, content: SecretMap, style: MapStyle | None = None) -> str:
    """Return the text of a map file.

    Args:
        app: Name of the app.
        content: The mapping.
        style: The style of the file.
    """
    style = style or MapStyle()
    arguments = [f"{STEP}{dict_text(content.secrets, STEP, style)},"]
    for argument, names in (("optional", content.optional), ("required", content.required)):
        if names:
            text = list_text(names, STEP, f"{argument}=", style)
            arguments.append(f"{STEP}{argument}={text},")
    if content.prefix:
        arguments.append(f"{STEP}prefix={style.quoted(content.prefix)},")
    return TEMPLATE.format(
        license=style.license,
        docstring=_docstring(app, style),
        package=style.package,
        future=f"{ANNOTATIONS}\n\n" if style.imports_annotations else "",
        heading=f"{style.heading}\n" if style.heading else "",
        blank_lines="\n" * (style.blank_lines - 1),
        arguments="\n".join(arguments),
    )


def _docstring(app: str, style: MapStyle) -> str:
    note = PRODUCTION.format(style.stage) if style.stage else ""
    if style.install:
        note += INSTALL.format(style.install)
    if style.docs:
        note = f" See {style.docs}."
    lambdas = LAMBDAS if style.has_lambdas else ""
    width = min(style.width, style.doc_width)
    switch = textwrap.fill(SWITCH.format(lambdas=lambdas, note=note), width, break_on_hyphens=False)
    start = "\n" if style.summary_on_second_line else ""
    return f"{start}{_summary(app, style)}\n\n{switch}\n{UPDATES}"


def _summary(app: str, style: MapStyle) -> str:
    name = single_line(app).replace("\\", "/").replace('"', "'")
    summary = f"The secrets of {name} and the environment variables behind them."
    if len(summary) + len('"""') <= min(style.width, style.doc_width):
        return summary
    return "The secrets of this app and the environment variables behind them."


def dict_text(secrets: dict[str, Entry], indent: str, style: MapStyle) -> str:
    """Return the mapping with one entry per line, in the format of Black."""
    if not secrets:
        return "{}"
    lines = [dict_entry(name, secrets[name], indent + STEP, style) for name in secrets]
    return "\n".join(["{", *lines, f"{indent}}}"])


def dict_entry(name: str, entry: Entry, indent: str, style: MapStyle) -> str:
    """Return the lines of an entry: its variable, or a dict on one line if it fits.

    A variable that does not fit is in parentheses on the next line.
    """
    value = value_text(name, entry, indent, style)
    comment = style.comment(name) if value == style.quoted(str(entry)) else ""
    return f"{indent}{style.quoted(name)}: {value},{comment}"


def value_text(name: str, entry: Entry, indent: str, style: MapStyle) -> str:
    """Return the value of an entry, on one line if it fits."""
    key = f"{indent}{style.quoted(name)}: "
    if isinstance(entry, str):
        if len(f"{key}{style.quoted(entry)},") <= style.width:
            return style.quoted(entry)
        return f"(\n{indent}{STEP}{style.quoted(entry)}{style.comment(name)}\n{indent})"
    pairs = [
        f"{style.quoted(field)}: {style.quoted(variable)}" for field, variable in entry.items()
    ]
    line = "{" + ", ".join(pairs) + "}"
    if len(f"{key}{line},") <= style.width and not any(map(style.comment, entry)):
        return line
    lines = [dict_entry(field, variable, indent + STEP, style) for field, variable in entry.items()]
    return "\n".join(["{", *lines, f"{indent}}}"])


def list_text(names: tuple[str, ...], indent: str, prefix: str, style: MapStyle) -> str:
    """Return a list of names, on one line if it fits after the prefix."""
    line = f"[{', '.join(map(style.quoted, names))}]"
    if len(f"{indent}{prefix}{line},") <= style.width:
        return line
    lines = [f"{indent}{STEP}{style.quoted(name)}," for name in names]
    return "\n".join(["[", *lines, f"{indent}]"])
