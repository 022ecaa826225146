"""Check the scripts of a GitLab job: whether the AWS CLI is available, and how they use variables.

In the log of a job, GitLab masks the values of masked CI/CD variables, not values that a script
reads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.pipeline import ScriptItem

NO_CLI = (
    "the image {} is not known to contain the AWS CLI: use an image with the AWS CLI, or install "
    "awscli in the script before the variable is used"
)
NO_IMAGE = "of the runner"
TOO_LONG = "the script is too long"
TRACE = "the script prints its commands or variables, and GitLab would not mask the values"
PRINTS = "the script prints the variable, and GitLab would not mask the value"
IS_FILE = "the script uses the variable as the name of a file, so its type may be File"
ASSIGNED = "the script sets {} itself"
CLI_IMAGE = regex(r"(?:.*/)?(?:aws-?cli|aws-base|aws-ecs|aws-ec2)(?:[:@].*)?")
USES_CLI = regex(r"(?m)(?:^|[;&|(`])[ \t]*(?:\w{1,99}=\S{0,200}[ \t]{1,9}){0,5}aws[ \t]{1,9}[a-z-]")
INSTALLS_CLI = regex(
    r"\b(?:install|apk|brew|dnf|yum)\b[^\n]{0,400}\baws-?cli(?:-?v2)?(?![\w-])"
    r"|\bawscli-exe\b|\bawscliv2\b|\baws/install\b"
)
INSTALLS_JQ = regex(
    r"\b(?:install|apk|brew|dnf|yum)\b[^\n]{0,400}\bjq\b"
    r"|\b(?:curl|wget)\b[^\n|;&]{0,400}\bjq\b|\bbin/jq\b"
)
USES_JQ = regex(r"(?<![\w./-])jq(?![\w./-])")
# Options of a shell, also with a name: `-eu -o pipefail`. In bash, long ones can come first.
OPTIONS = (
    r"(?:[ \t]{1,9}(?:[-+][a-zA-Z]{0,20}o[ \t]{1,9}[a-z]{1,20}|[-+][a-zA-Z]{1,20}|--[a-z-]{1,20}))"
    r"{0,20}[ \t]{1,9}"
)
PRINTS_ALL = regex(
    rf"(?m)(?<![\w.-])set{OPTIONS}-[a-zA-Z]{{0,20}}[xv]"
    rf"|(?<![\w.-])(?:ba|z)?sh{OPTIONS}-[a-zA-Z]{{0,20}}x"
    rf"|(?<![\w.-])(?:set|(?:ba|z)?sh){OPTIONS}-[a-zA-Z]{{0,20}}o[ \t]{{1,9}}verbose\b"
    r"|\bxtrace\b|\bCI_DEBUG_"
    r"|\bprintenv\b|(?:^|[;&|(])[ \t]*(?:env|set)[ \t]*(?:$|[;&|>)])|\b(?:export|declare)[ \t]+-p"
)
# In these regexes, NAME is replaced with the name of the variable.
NAME = r"[\"']?\$\{?NAME\b"
REST = r"[^|>;&\n]{0,400}"
PRINT = rf"\b(?:(?:echo|printf)\b|cat\b[^|<>;&\n]{{0,99}}<<<){REST}\$\{{?NAME\b{REST}(?:[;&]|>&|$)"
COMMAND = r"(?:^|[;&|({`]|\b(?:then|do|else|sudo))[ \t]{0,40}"
FILE = (
    rf"(?:\b(?:cat|source|cp|mv|chmod|ssh-add|head|tail|dos2unix)|{COMMAND}install)\b"
    rf"[^|<>;&\n]{{0,400}}{NAME}"
    rf"|(?<!<)<[ \t]{{0,9}}{NAME}|(?:@|file://){NAME}"
    rf"|(?:^|[ \t])(?:\.|-[fi]|--file|--kubeconfig)[ \t=]{{1,9}}{NAME}"
)
ASSIGNMENT = (
    r"(?:^|[;&|({]|\b(?:then|do|else|export|local|declare|readonly))[ \t]{0,40}NAME="
    rf"|\b(?:read|unset)\b{REST}\bNAME\b"
)
MAX_SCRIPT = 20_000  # characters of a job; bounds the time of these regexes


def cli_position(image: str, script: Sequence[ScriptItem]) -> int | None:
    """Return the index of the first item before which the AWS CLI is available.

    None if it is not known to be available. The index is len(script) if the last item installs it.

    Args:
        image: The image of the job; empty if it has none.
        script: The items.
    """
    if CLI_IMAGE.fullmatch(image):
        return 0
    installations = [n for n, item in enumerate(script) if INSTALLS_CLI.search(item.text)]
    if installations:
        return installations[-1] + 1
    # Commands before the first use may have made it available.
    return next((n for n, item in enumerate(script) if USES_CLI.search(item.text)), None)


def prints_variables(script: Sequence[ScriptItem]) -> bool:
    """Return whether a script prints its commands, or all variables."""
    return any(PRINTS_ALL.search(item.text) for item in script)


def variable_problem(name: str, script: Sequence[ScriptItem]) -> str:
    """Return why a variable of a script can't be read from AWS; empty if it can.

    Args:
        name: The variable.
        script: The items of the script.
    """
    text = "\n".join(item.text for item in script)
    return next(_variable_problems(name, text), "") if name in text else ""


def _variable_problems(name: str, text: str) -> Iterator[str]:
    for pattern, problem in ((ASSIGNMENT, ASSIGNED), (FILE, IS_FILE), (PRINT, PRINTS)):
        if re.compile(pattern.replace("NAME", name), re.MULTILINE).search(text):
            yield problem.format(name)


def has_jq(position: int, script: Sequence[ScriptItem]) -> bool:
    """Guess whether jq is available before an item: some item uses jq, and none installs it later.

    Args:
        position: The index of the item.
        script: The items.
    """
    if any(INSTALLS_JQ.search(item.text) for item in script[position:]):
        return False
    return any(USES_JQ.search(item.text) for item in script)
