"""Generate a page for each rule. Only the site contains them; see site/build.py."""

from __future__ import annotations

import re
import textwrap

from shield_ai.scan.rules import examples, pattern

CWE_NAMES = {
    "260": "Password in Configuration File",
    "526": "Cleartext Storage of Sensitive Information in an Environment Variable",
    "798": "Use of Hard-coded Credentials",
}
CWE_LINK = re.compile(r"https://cwe\.mitre\.org/data/definitions/(\d+)\.html")
# Hundreds of pages in the sidebar would make every page of the site slow.
ORPHAN = "---\norphan: true\n---\n"
REGEX = "{code-block} text\n:class: wrapped\n"
LANGUAGES = {pattern.RuleKind.PYTHON: "python", pattern.RuleKind.ABSENT: "python"}


def rule_pages() -> dict[str, str]:
    """Return the Markdown of each rule's page, by the rule's id."""
    pages = {}
    for group in (pattern.csec34_pattern(), pattern.credential_pattern()):
        for rule in group.rules:
            pages[rule.id] = _page(rule, group)
    return pages


def link_rules(text: str) -> str:
    """Link the ids in the list of rules to their pages."""
    ids = "|".join(re.escape(rule_id) for rule_id in rule_pages())
    text = re.sub(rf"^### ({ids})$", r"### [\1](rules/\1.md)", text, flags=re.MULTILINE)
    return re.sub(rf"^\| `({ids})` \|", r"| [`\1`](rules/\1.md) |", text, flags=re.MULTILINE)


def _page(rule: pattern.Rule, group: pattern.Pattern) -> str:
    parts = [
        ORPHAN,
        f"# {rule.id}\n",
        "[All rules](../rules.md)\n",
        f"**{rule.title}** · severity: {rule.severity}{_weakness(rule, group)}\n",
        "## What it finds\n",
        *_matches(rule),
        *_example(rule),
        "## Why it matters\n",
        f"{rule.explanation}\n",
        "## How to fix it\n",
        f"{rule.fix.replace('[RULE]', f'[{rule.id}]')}\n",
        "## See also\n",
        *_links(rule, group),
    ]
    return "\n".join(parts)


def _weakness(rule: pattern.Rule, group: pattern.Pattern) -> str:
    """Return the link to the CWE of a rule, or else of its pattern; empty without one."""
    if rule.kind is pattern.RuleKind.COMMENT:
        return ""  # a suppression is not a weakness
    found = CWE_LINK.search(rule.reference) or CWE_LINK.search(" ".join(group.references))
    return f" · [CWE-{found[1]}: {CWE_NAMES[found[1]]}]({found[0]})" if found else ""


def _matches(rule: pattern.Rule) -> list[str]:
    """Describe what a rule matches."""
    if rule.regex:
        parts = ["Text that matches this regular expression; its first group is the secret:\n"]
        parts.append(_fence(REGEX, rule.regex))
    elif rule.context:
        words = ", ".join(f"`{word}`" for word in rule.context)
        parts = [f"A value after a name that contains {words}, if it matches:\n"]
        parts.append(_fence(REGEX, rule.value))
    else:
        return [f"{SUBJECTS[rule.kind]}\n"]
    conditions = []
    if rule.keywords:
        words = ", ".join(_code(word) for word in rule.keywords)
        conditions.append(f"the file contains one of {words}, in upper or lower case")
    if rule.entropy:
        conditions.append(
            f"the secret has an entropy of at least {rule.entropy:g} bits a character"
        )
    if rule.random:
        conditions.append("the secret looks random")
    if rule.bounds:
        conditions.append("no letter or digit is next to the secret")
    if rule.decode:
        conditions.append(DECODED[rule.decode])
    if conditions:
        parts += ["In addition:\n", *(f"- {text}" for text in conditions), ""]
    return [*parts, "Placeholders, such as `<your-token-here>`, are not reported.\n"]


SUBJECTS = {
    pattern.RuleKind.PYTHON: "An expression in Python code.",
    pattern.RuleKind.DOTENV: "A variable in a `.env` file.",
    pattern.RuleKind.ABSENT: "A settings file in Python that has secrets but no `get_secret()`.",
    pattern.RuleKind.ASSIGNMENT: "A value with a secret-like name, in a file of any type.",
    pattern.RuleKind.TRACKED: "A file in git that should not be there.",
    pattern.RuleKind.COMMENT: "A suppression comment, in a file of any type.",
}
DECODED = {
    "colon": "the secret is `user:password`, base64-encoded",
    "jwt": "the secret begins with the header of a JSON Web Token",
}


def _example(rule: pattern.Rule) -> list[str]:
    shown = [textwrap.dedent(example).strip("\n") for example in rule.examples[:3]]
    parts = [f"### Example{'s' if len(shown) > 1 else ''}\n"]
    if field := examples.FIELD.search("\n".join(shown)):
        parts.append(f"`{field[0]}` stands for {field[2]} random characters.\n")
    parts += [_fence(LANGUAGES.get(rule.kind, "text"), example) for example in shown]
    return parts


def _links(rule: pattern.Rule, group: pattern.Pattern) -> list[str]:
    links = dict.fromkeys([rule.reference, *group.references])
    parts = [f"- <{link}>" for link in links if link]
    if rule.kind is not pattern.RuleKind.COMMENT:
        parts.append("- [Suppress a finding](../../guides/scanning.md)")
    return [*parts, ""]


def _code(text: str) -> str:
    """Return inline code, also for text with backticks or spaces at its ends."""
    return f"`` {text} ``" if "`" in text or text != text.strip() else f"`{text}`"


def _fence(language: str, text: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}\n"
