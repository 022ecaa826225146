"""Regular expressions for assignments of values to secret-like names."""

from __future__ import annotations

import re

from shield_ai.project.perf.lazy_regex import regex

# A secret-like name contains one of these words. `assignments.name_start` and NAME_END find the
# rest of it.
SECRET_WORD = (
    rb"(?:passw|passphrase|passcode|pswd|pwd|pass\b|pass_|_pass|pw\b|secret|token|key|auth"
    rb"|credential|creds|salt|bearer|ticket|nonce|signature|verifier)"
)
# The beginnings of the words, in lower case: bytes.find() is far faster than the regex.
SECRET_WORD_PREFIXES = tuple(
    b"""
    pass _pass pswd pw secret token key auth cred salt bearer ticket nonce signature verifier
    """.split()
)
NAME_END = rb"[\w\-]{0,50}"
# No text after a name begins with a character of a name, so a shorter name is not tried.
WHOLE_NAME_END = NAME_END + rb"+"
# OPERATOR matches the text between a name and its value: an operator such as = or :=, the = after
# a type annotation, a comma after a quoted name, as in setdefault() and define(), or white space,
# as in Gradle and in `the password is "…"`.
SIGN = rb":{1,3}=|={1,3}>?|!={1,2}|=>|:|\?=|\+="
# Operators before the default of an unset variable, as in `process.env.API_TOKEN || "…"`.
ELSE = rb"\|\||\?\?|\?:"
# As in `os.environ.get("API_TOKEN") or "…"`, but not in the prose `a token or "…"`.
OR = rb"(?<=[)\]] )or\b(?:[ \t]?\((?=\s))?"
OPERATOR = (
    rb"(?:\\?[\"'`]?\]?\)?(?:\s{0,8}+|[ \t]{9,40}+)"
    rb"(?:(?::\s{0,3}[A-Za-z_][\w\[\], |.]{0,40}?\s{0,3}=|" + SIGN + rb")(?!=)"
    rb"|(?:" + ELSE + rb"|" + OR + rb")(?=\s{0,8}[\"'`]))"
    rb"|(?P<comma>[\"'`]\s{0,4},\s{0,8}+)"
    rb"|[ \t]{1,3}(?:is[ \t:]{1,3}(?=[\"'`])|(?=[\"'][^\"'\n]{4,80}[\"'][ \t]*(?:[\n\r};]|\Z))))"
)
# Functions that wrap, encode or decode their argument, so that the argument is the secret, and
# Field() of pydantic.
CALLS = (
    rb"b64decode|base64decode|unhexlify|fromhex|a2b_hex|atob|buffer\.from|secretstr|secretbytes"
    rb"|to_bytes|bytes|bytearray|quote_plus|\[\]byte|\Wfield"
)
# A lookbehind tests the name of the function only once, which is far faster than trying the names
# at each letter.
CALL = (
    rb"[\w.\[\]]{4,50}+\((?:"
    + b"|".join(rb"(?<=" + name + rb"\()" for name in CALLS.split(b"|"))
    + rb")[ \t]{0,4}(?:\n[ \t]{1,40}+)?(?:default=)?"
)
# White space is matched possessively: other ways to match many spaces would give the same value.
QUOTED = (
    rb"[ \t]{0,40}+\(?+[ \t]{0,9}+\n?+[ \t]{0,40}+\(?+(?:"
    + CALL
    + rb")?(?P<prefix>[bBrRuUfF@$]{0,2})"
    rb"(?:\"(?:\"\")?(?P<double>(?:[^\"\\\r\n]|\\.){4,4096}+)\""
    rb"|'(?:'')?(?P<single>(?:[^'\\\r\n]|\\.){4,4096}+)'"
    rb"|`(?P<back>[^`\r\n]{4,4096}+)`|\\\"(?P<escaped>[^\"\\\r\n]{4,4096}+)\\\")"
)
# In `NAME= \`, the value is empty: another argument follows on the next line.
BARE = (
    rb"(?:\\\r?\n)?[ \t]{0,40}+(?P<bare>[^\s\"'`#;,][^\s\"'`,]{3,511}+)"
    rb"(?=[ \t]*(?:[#;,]|//|[\r\n]|\Z)|[\"'`]|[ \t]+[a-z&|\\$\"'.\-])"
)
# `ENV NAME value` in a Dockerfile.
SPACED = rb"[ \t]{1,4}[\"']?(?P<env>[A-Za-z0-9+/=_\-]{16,4096}+)(?=[\"']?[ \t]*+(?:;[ \t]*+)?$)"
QUOTES = ("double", "single", "back", "escaped")
# `${NAME:-default}` in shell scripts and compose files.
DEFAULT = regex(rb"\$\{[A-Za-z_]\w*:?-(?P<value>[^${}]{4,512})\}")
# Text that follows the name of a command, as in `docker-token --push`, is an argument, not a value.
ARGUMENT = regex(rb"[ \t]+[$\"'.\-]")
# The word before `key`, as in "mailchimp key: …", but not FOREIGN KEY, PRIMARY KEY or UNIQUE KEY
# in SQL.
WORD_BEFORE_KEY = regex(rb"(?i)[a-z]{3}(?<!reign)(?<!imary)(?<!nique) \Z")
NAME_CHARACTERS = regex(rb"[\w\-.]*")
IN_CODE = regex(rb"(?i)" + SECRET_WORD + WHOLE_NAME_END + OPERATOR + QUOTED)
IN_TEXT = regex(
    rb"(?im)"
    + SECRET_WORD
    + WHOLE_NAME_END
    + rb"(?:"
    + OPERATOR
    + rb"(?:"
    + QUOTED
    + rb"|"
    + BARE
    + rb")|"
    + SPACED
    + rb")"
)
LIST = regex(
    rb"(?i)(?P<name>"
    + SECRET_WORD
    + WHOLE_NAME_END
    + rb")\\?[\"'`]?\]?\)?\s{0,8}(?::\s{0,3}[A-Za-z_][\w\[\], |.]{0,40}?\s{0,3}=|[:=])"
    rb"\s{0,8}\[(?=\s{0,40}\\?[\"'])"
)
ITEM = regex(
    rb"\s{0,40}(?:\"(?P<double>(?:[^\"\\\r\n]|\\.){4,4096}+)\""
    rb"|'(?P<single>(?:[^'\\\r\n]|\\.){4,4096}+)'"
    rb"|\\\"(?P<escaped>[^\"\\\r\n]{4,4096}+)\\\")\s{0,8},?"
)
# The first item of a YAML list, as in recorded headers. Large files are not parsed.
YAML_ITEM = regex(
    rb"(?im)"
    + SECRET_WORD
    + WHOLE_NAME_END
    + rb"[\"']?:[ \t]{0,9}\r?\n[ \t]{0,40}-[ \t]{1,9}[\"']?(?P<value>[^\s\"']{8,4096}+)"
    rb"[\"']?[ \t]{0,9}\r?$"
)
# A name and a value side by side: XML, `name: …, value: …` of Kubernetes and ECS, and the defaults
# of Terraform variables. PAIR_MARK finds secret-like words near them; the caller checks the name.
TAG = rb"(?P<tag>[\w:.\-]{1,110})"
ATTRIBUTES = rb"(?:\s{1,4}[\w:-]{1,20}=[\"'][^\"'<>]{0,40}[\"']){0,2}\s?"
XML_ELEMENT = regex(
    rb"(?i)<"
    + TAG
    + ATTRIBUTES
    + rb">\s{0,40}(?P<value>[^<>\s](?:[^<>\r\n]{2,4094}[^<>\s]|[^<>\s]{3}))\s{0,40}</"
)
# Jenkins writes encrypted values in braces. https://www.jenkins.io/doc/developer/security/secrets/
ENCRYPTED = regex(rb"\{[A-Za-z0-9+/]{16,4000}={0,2}\}")
PAIRS = (
    XML_ELEMENT,
    regex(
        rb"(?i)(?:key|name)=[\"']"
        + TAG
        + rb"[\"']\s{1,8}value=[\"'](?P<value>[^\"'<>]{4,4096})[\"']"
    ),
    # <name>…</name><value>…</value>, and the <key>…</key><string>…</string> of a plist
    regex(
        rb"(?i)<(?:key|name|param-name)>\s{0,40}"
        + TAG
        + rb"\s{0,40}</[\w-]{3,10}>\s{0,80}<(?:value|string|param-value)>"
        rb"\s{0,40}(?P<value>[^<>\s]{4,4096}+)\s{0,40}</"
    ),
    regex(
        rb"(?i)<(?:property|entry|string|param|item|constant|setting)\b[^<>]{0,80}"
        rb"\b(?:key|name)=[\"']" + TAG + rb"[\"'](?:\s[\w:-]{1,20}=[\"'][^\"'<>]{0,40}[\"']){0,2}>"
        rb"\s{0,80}(?:<value>\s{0,40})?(?P<value>[^<>\s]{4,4096}+)\s{0,40}</"
    ),
    regex(
        rb"(?i)\b(?:name|key)[\"']?\s{0,3}[:=]\s{0,3}[\"']?" + TAG + rb"[\"']?,?\s{1,80}"
        rb"[\"']?value[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<value>[^\"'\s<>{}$]{4,512}+)"
    ),
    regex(
        rb"(?i)\bvariable\s{1,4}\"" + TAG + rb"\"\s{0,4}\{[^{}]{0,300}?\bdefault\s{0,9}=\s{0,4}"
        rb"\"(?P<value>[^\"\n]{4,512})\""
    ),
)
PAIR_MARK = regex(
    rb"(?i)(?:pass|secret|token|key|pwd|auth|cred)[\w.\-]{0,40}"
    rb"(?:"
    + ATTRIBUTES
    + rb">\s{0,40}[^<>\s][^<>\r\n]{3,2000}+\s{0,40}</|\s{0,40}</[\w-]{3,10}>\s{0,80}<[psv]"
    rb"|[\"'](?:\s[\w:-]{1,20}=[\"'][^\"'<>]{0,40}[\"']){0,2}>"
    rb"|[\"']?,?\s{1,80}[\"']?value[\"']?\s{0,3}[:=]|\"\s{0,4}\{[^{}]{0,300}default)"
)
# The maximum number of bytes of a pair before and after the match of PAIR_MARK.
MAX_BEFORE_MARK, MAX_AFTER_MARK = 160, 4200
# The number before a quoted word, as in the vocabulary of a tokenizer: "claim": 6602, "pass": 6603
NUMBER_BEFORE = regex(rb"(?<!\d)(\d{3,8}),\s{1,20}[\"'][^\"'\n]{0,20}\Z")
COMPARISON = regex(rb"[=!]=")
# Calls that set a value by name: set("db", "password", "…"), setattr(settings, "SECRET_KEY", "…").
SETTER = regex(
    rb"\b(?:define|put|putenv|setenv|setattr|set\w{0,12}|append|header)\([ \t]{0,4}"
    rb"(?:[\w.]{1,40},\s?|[\"'][^\"'\n]{0,60}[\"'],\s{0,4})?[\"']\Z",
    re.IGNORECASE,
)
# Before the first argument of a call, which can be on the next line.
CALL_START = regex(rb"\(\s{0,60}[\"'`]\Z")
MAX_INDENT = 64
# The beginning of a subcommand, as in `aws iam create-access-key`.
SUBCOMMAND = regex(rb"(?:create|delete|describe|get|list|put|restore|update)-[a-z-]+\Z")
WORD_BEFORE = regex(rb"[\w.-][ \t]+\Z")
UPPER = regex(rb"[A-Z][A-Z0-9_]+")
OPERATION_AFTER = regex(rb"[ \t]*(?:%[^>=]|\.format\(|\+[ \t]*\w|\.replace\(|\[)")
# An attribute with an expression: https://vuejs.org/guide/essentials/template-syntax.html
BINDING = regex(rb"\s:[\w-]{1,60}=[\"']")
# After the key under which a Kubernetes Secret gets a value: https://external-secrets.io
REMOTE = regex(rb"[\"']?[ \t]{0,20}\r?\n[ \t]{0,60}remoteRef:")
