"""Classify how a deployment file gives a value: as a literal, as a reference, or not at all."""

from __future__ import annotations

import enum

from shield_ai.model.deployment import ValueForm
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.value_shapes import is_template_or_placeholder

MAX_SIZE = 4096  # characters of a value that are searched
# References to the secrets of a platform. https://docs.aws.amazon.com/AWSCloudFormation/latest/
# UserGuide/dynamic-references.html, https://docs.github.com/en/actions/reference/contexts-reference
STORE = regex(
    r"\{\{resolve:|\$\{\{[^}]{0,300}\bsecrets\.|\$\{ssm:|arn:aws[\w-]*:(?:secretsmanager|ssm):|\bop://"
    r"|\baws_(?:secretsmanager|ssm)_|\bget-(?:secret-value|parameter)"
)
BRACES = (
    r"\$\{\{.{0,500}?\}\}|\{\{.{0,500}?\}\}|\{%.{0,500}?%\}|\$\{[^}]{0,500}\}|\$\([^)]{0,500}\)"
)
REFERENCE = regex(BRACES)
SHELL_REFERENCE = regex(BRACES + r"|\$[A-Za-z_]\w{0,200}|`[^`]{0,500}`")
# `${NAME:-default}` of shells, `${env:NAME, 'default'}` of the Serverless Framework, and
# `${{ secrets.NAME || 'default' }}` of GitHub.
DEFAULT = regex(
    r"\$\{\w{1,200}:?[-=][^}$]{1,500}\}|\$\{env:\w{1,200},\s?['\"]?[^}$'\"\s][^}$]{0,500}\}"
    r"|\|\|\s?'[^']{1,500}'"
)
LOGIN = regex(r"://[^\s/@:]{0,200}:([^\s/@]{1,200})@")
CONSTANT = regex(r"-?\d[\d.]{0,40}|true|false")
ESCAPED = "$$"
HOLE = "\0"


class Style(enum.Enum):
    """The syntax of a format's values."""

    BRACES = enum.auto()  # `${NAME}` is a reference
    SHELL = enum.auto()  # `$NAME` is one, too
    EXPRESSION = enum.auto()  # text without quotes is an expression, as in HCL


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
    if DEFAULT.search(text):
        return ValueForm.DEFAULT
    if STORE.search(text):
        return ValueForm.SECRET_STORE
    return _form(text, style, quoted=quoted)


def _form(text: str, style: Style, *, quoted: bool) -> ValueForm:
    """Tell a literal from a reference."""
    if style is Style.EXPRESSION and not quoted:
        return ValueForm.LITERAL if CONSTANT.fullmatch(text) else ValueForm.REFERENCE
    pattern = SHELL_REFERENCE if style is Style.SHELL else REFERENCE
    rest = pattern.sub(HOLE, text.replace(ESCAPED, ""))
    if HOLE in rest:
        return ValueForm.LITERAL if _has_password(rest) else ValueForm.REFERENCE
    return ValueForm.PLACEHOLDER if is_template_or_placeholder(text) else ValueForm.LITERAL


def _has_password(text: str) -> bool:
    """Return whether a text with holes for its references is a URL with a literal password."""
    login = LOGIN.search(text)
    return login is not None and HOLE not in login[1]
