"""Classify how a deployment file gives a value: as a literal, as a reference, or not at all."""

from __future__ import annotations

import enum
import re

from shield_ai.model.deployment import ValueForm
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.plain_urls import is_plain_url, is_url_of_server
from shield_ai.scan.text.value_shapes import is_template_or_placeholder

MAX_SIZE = 4096  # characters of a value that are searched
# References to the secrets of a platform. https://docs.aws.amazon.com/AWSCloudFormation/latest/
# UserGuide/dynamic-references.html, https://docs.github.com/en/actions/reference/contexts-reference,
# https://developer.1password.com/docs/cli/secret-reference-syntax/, https://github.com/helmfile/vals,
# https://bank-vaults.dev/docs/mutating-webhook/configuration/
STORE = regex(
    r"\{\{resolve:|\$\{\{[^}]{0,300}\bsecrets\.|\$\{ssm:|arn:aws[\w-]*:(?:secretsmanager|ssm):|\bop://"
    r"|\baws_(?:secretsmanager|ssm)_|\bget-(?:secret-value|parameter)"
    r"|\bref\+[a-z0-9]{2,20}://|\bvault:[\w/.-]{1,200}#"
)
BRACES = (
    r"\$\{\{.{0,500}?\}\}|\{\{.{0,500}?\}\}|\{%.{0,500}?%\}|\$\{[^}]{0,500}\}|\$\([^)]{0,500}\)"
    r"|<%=.{0,500}?%>|\(\([\w./-]{1,200}\)\)"
    r"|#\{[\w.-]{1,200}\}#|\A#[A-Z][A-Z0-9_]{1,200}#\Z"  # of Replace Tokens in Azure Pipelines
)
REFERENCE = regex(BRACES)
TEMPLATE = regex(r"\{\{.{0,500}?\}\}|\{%.{0,500}?%\}|<%=.{0,500}?%>")
SHELL_REFERENCE = regex(BRACES + r"|\$[A-Za-z_]\w{0,200}|`[^`]{0,500}`")
# `${NAME:-default}` of shells, `${env:NAME, 'default'}` of the Serverless Framework,
# `${{ secrets.NAME || 'default' }}` of GitHub, and `{{ name | default "text" }}` of Helm and Jinja.
DEFAULT = regex(
    r"\$\{\w{1,200}:?[-=+][^}$]{1,500}\}|\$\{env:\w{1,200},\s?['\"]?[^}$'\"\s][^}$]{0,500}\}"
    r"|\$\{[a-z]{1,20}:[^},]{1,200},\s?['\"][^}$'\"]{1,500}['\"]\s?\}"
    r"|\|\|\s?'[^']{1,500}'|\{\{[^}]{0,200}?\bdefault\s?\(?\s?(?:\"[^\"}]{1,500}\"|'[^'}]{1,500}')"
)
SHELL_DEFAULT = regex(r"\$\{\w{1,200}:?-(?P<text>[^}$]{1,500})\}")
LOGIN = regex(r"://[^\s/@:]{0,200}:([^\s/@]{1,200})@")
PASSWORD_FIELD = regex(r"\b(?:password|pwd)\s?=\s?(\0|[^\s;\0]+)", re.IGNORECASE)
# The parts of a text that are not the value: a URL, a path, and the names of fields.
NOT_A_VALUE = regex(r"\b[a-z][a-z0-9+.-]{1,20}://\S*|^\.{0,2}/\S*|\b\w+=")
MIN_LITERAL = 7  # letters and digits beside a reference that may be a value
# Texts of an expression in HCL, but neither indexes nor operands of a comparison.
STRING = regex(
    r"(?P<other>\[\s?|[!=]=\s?)?\"(?P<text>(?:[^\"\\\n]|\\.){0,500})\"(?P<compared>\s?[!=]=)?"
)
HEREDOC = regex(
    r"<<[-~]?\"?(?P<word>\w[\w-]{0,39})\"?\r?\n"
    r"(?P<text>.*?)(?:^[ \t]*(?P=word)[ \t]*\r?$|\Z)",
    re.DOTALL | re.MULTILINE,
)
CONSTANT = regex(r"-?\d[\d.]{0,40}|true|false")
ESCAPED = "$$"
REFERENCE_MARK = "\0"  # replaces a reference in a text


class Style(enum.Enum):
    """The syntax of a format's values."""

    BRACES = enum.auto()  # `${NAME}` is a reference
    SHELL = enum.auto()  # `$NAME` is a reference, too
    EXPRESSION = enum.auto()  # text without quotes is an expression, as in HCL
    TEMPLATE = enum.auto()  # only the syntax of templates, such as `{{ name }}`


REFERENCES = {
    Style.BRACES: REFERENCE,
    Style.SHELL: SHELL_REFERENCE,
    Style.EXPRESSION: REFERENCE,
    Style.TEMPLATE: TEMPLATE,
}


def value_form(text: str, style: Style, *, quoted: bool = True) -> ValueForm:
    """Classify a value.

    Args:
        text: The value in the file, without quotes.
        style: The syntax of the format.
        quoted: Whether the value is in quotes.
    """
    text = text.strip()[:MAX_SIZE]
    if not text:
        return ValueForm.EMPTY
    default = SHELL_DEFAULT.fullmatch(text)
    if default and is_plain_url(default["text"]):
        return ValueForm.REFERENCE
    if style is not Style.EXPRESSION and is_url_of_server(text):
        return ValueForm.URL
    if DEFAULT.search(text):
        return ValueForm.DEFAULT
    if STORE.search(text):
        return ValueForm.SECRET_STORE
    return _form(text, style, quoted=quoted)


def _form(text: str, style: Style, *, quoted: bool) -> ValueForm:
    """Tell a literal from a reference."""
    if style is Style.EXPRESSION and not quoted:
        return _expression_form(text)
    rest = text.replace(ESCAPED, "")
    rest = REFERENCES[style].sub(REFERENCE_MARK, rest)
    if REFERENCE_MARK in rest:
        return _form_with_references(rest)
    if style is Style.TEMPLATE:
        text = text.replace("${", "").replace("}", "")  # not a reference
    if is_plain_url(text):
        return ValueForm.URL
    return ValueForm.PLACEHOLDER if is_template_or_placeholder(text) else ValueForm.LITERAL


def _expression_form(text: str) -> ValueForm:
    if CONSTANT.fullmatch(text):
        return ValueForm.LITERAL
    literals = [match["text"] for match in HEREDOC.finditer(text)]
    for match in STRING.finditer(text):
        if not match["other"] and not match["compared"]:
            literals.append(match["text"])
    rest = "".join(REFERENCE.sub("", literal) for literal in literals)
    return ValueForm.MIXED if has_value(rest) else ValueForm.REFERENCE


def _form_with_references(text: str) -> ValueForm:
    """Classify a text in which REFERENCE_MARK replaces each reference."""
    login = LOGIN.search(text)
    if login and REFERENCE_MARK not in login[1]:
        return ValueForm.LITERAL  # a URL with a literal password
    field = PASSWORD_FIELD.search(text)
    if field:
        return ValueForm.REFERENCE if field[1] == REFERENCE_MARK else ValueForm.LITERAL
    return ValueForm.MIXED if has_value(text) else ValueForm.REFERENCE


def has_value(text: str) -> bool:
    """Return whether a text has enough letters and digits for the value of a secret."""
    return sum(map(str.isalnum, NOT_A_VALUE.sub("", text))) >= MIN_LITERAL
