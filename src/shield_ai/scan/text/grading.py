"""Grade findings by the text around them: doubtful values and test values get low severity.

Only findings above low severity are graded. They are few, so a check here may be slower than the
rules of the scan. No finding is removed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.finding import Severity
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.file_class import (
    is_development,
    is_non_production,
    is_test,
    is_third_party,
    is_translation,
)
from shield_ai.scan.rules.pattern import RuleKind, find_rule
from shield_ai.scan.text.credibility import Family, family
from shield_ai.scan.text.place import (
    LINES_AROUND,
    Place,
    create_place,
    docstring_lines,
    last_lines,
    split_lines,
)
from shield_ai.scan.text.randomness import is_random, wordiness
from shield_ai.scan.text.token_rules import SAMPLE_VALUE, is_real_login
from shield_ai.scan.text.value_shapes import (
    PUBLIC_KEY,
    URL_WITH_PASSWORD,
    decode_base64,
    has_only_weak_words,
    is_placeholder,
    is_template_or_placeholder,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding


READ_RULE = "CSEC34.environ-read"
LITERAL_RULES = frozenset({"CSEC34.literal", "CSEC34.dotenv"})
ASSIGNMENT_RULES = frozenset({"CRED.password", "CRED.secret"})
# Keys that tests generate; tokens of vendors remain critical in tests.
TEST_KEY_RULES = frozenset(
    {"CRED.private-key", "CRED.private-key-base64", "CRED.google-service-account"}
)
MIN_WORDINESS = 0.6  # of letters that are a name, not a key
# A line of a doctest, or a quotation in a docstring or a comment.
# Lists of known findings in the configuration of scanners for secrets.
SCANNER_CONFIG = regex(
    r"(?:^|/)\.?(?:gitleaks|secrets\.baseline|trufflehog|gitguardian|talismanrc)"
)
QUOTATION = regex(r"[ \t]*(?:[*#/]{1,3}[ \t]*)?(?:>{1,3}|\.\.\.)[ \t]")
IMPORT = regex(r"[ \t]*(?:import\b|from[ \t]+[\w.]+[ \t]+import\b|#include\b|using[ \t]+[\w.]+;)")
LOCAL_HOST = regex(r"\b(?:localhost|127\.0\.0\.1|0\.0\.0\.0)\b|\[::1\]")
# A reference in JSON Schema or in CSS, or a URL of the own computer.
REFERENCE = regex(
    r"#/|.*\bvar\(--"
    r"|https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)\b(?!\.)(?![^\s'\"]*@)"
)
WORDS = regex(r"[A-Za-z]+(?:[-_][A-Za-z]+)*")
SAYS_TEST = regex(
    r"(?:^|[_\W])(?:tests?|testing|fake|dummy|mock|example|sample|do[-_ ]?not[-_ ]?use)(?:[_\W]|$)",
    re.IGNORECASE,
)
TEST_NAMES = word_set("TEST TESTS TESTING FAKE DUMMY MOCK MOCKED EXAMPLE EXAMPLES SAMPLE")
# Words that values add to their names, as in SESSION_SALT = "dev_session_salt".
FILLERS = word_set("DEV TEST LOCAL MY THE SOME A AN DEFAULT YOUR NEW")
SECRET_WORDS = word_set("KEY SECRET TOKEN PASSWORD")
TOPIC_WORDS = word_set("TOKEN TOKENS SIGNATURE TOPIC SELECTOR NONCE")
RECAPTCHA_SECRETS = word_set("SECRET PRIVATE PRIV")
# Kubernetes references to secrets: https://kubernetes.io/docs/concepts/configuration/secret/
# and digests of secrets: https://github.com/Yelp/detect-secrets
REFERENCES = word_set("EXISTING HASHED PULL")
# nginx directives that forward requests: https://nginx.org/en/docs/http/ngx_http_uwsgi_module.html
PASS_DIRECTIVES = word_set("UWSGI PROXY FASTCGI SCGI GRPC MEMCACHED")
# Types of form fields: https://developer.mozilla.org/en-US/docs/Web/HTML/Element/input
FIELD_TYPES = word_set(
    "input textarea textfield textbox hidden checkbox label field widget option argument parameter"
)
# Before KEY: the value is the key of an entry in a cache, a table or a translation.
ENTRY_KEYS = word_set(
    "CACHE REDIS QUERY MUTATION ROUTE STORAGE SORT GROUP I18N TRANSLATION MESSAGE DICT FIELD"
)
IDENTIFIER = regex(r"[A-Za-z_]+|_?[A-Za-z]+\d{0,3}(?:[-_.:/][A-Za-z]*\d{0,3})+")
BOUND_ATTRIBUTE = regex(r"(?:^|\s)(?::|@|v-bind:|v-on:)([\w.-]+)=[\"']\Z")  # of Vue
KEY_ENDINGS = {("KEY",), ("KEYS",), ("TOKEN",), ("TOKENS",), ("APIKEY",)}
# At the end of a name: a vendor's key has another name.
OTHER_ENDINGS = word_set("URL URI HOST NAME USERNAME EMAIL PATH FILE FIELD TYPE")
PGP_FINGERPRINT = regex(r"[0-9A-F]{40}")
UNICODE_ESCAPES = regex(r"(?:\\u\{?[0-9A-Fa-f]{4,6}\}?|\\U[0-9A-Fa-f]{8}|&#x?[0-9A-Fa-f]+;)+")
TIMESTAMP = regex(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?")
ENTRY_POINT = regex(r"[a-z_]{3,}(?:\.[a-z_]{2,})+:[a-z_]{3,}")  # of a Python package
CONDITION = regex(r"[A-Za-z_]+=[\w./:,=-]+")
MIGRATION = regex(r"\d{4}_[a-z0-9_]+")  # the name of a Django migration
CALL = regex(r"[A-Za-z_][\w.]*\(")
# An account or contract in a blockchain: https://chainagnostic.org/CAIPs/caip-19
BLOCKCHAIN_ADDRESS = regex(r"(?:[\w-]+:\w+(?:/[\w-]+:)?)?0x[0-9A-Fa-f]{40}")
ESCAPED_BYTES = regex(r"(?:\\x[0-9A-Fa-f]{2}.*){2}", re.DOTALL)
RECAPTCHA_KEY = regex(r"6L[\w-]{38}")
REGEX = regex(
    r"^\(\.[+*]\??\)$|\[[^\]\s]*\w-\w[^\]\s]*\](?:[+*]|\{\d)"
)  # a repeated range of characters
CAMEL_FIELD = regex(r"(?=.*(?:[Pp]ass|[Ss]ecret|[Tt]oken|[Kk]ey|[Cc]red))[a-z]+(?:[A-Z][a-z]+)+")
ANNOTATION = regex(r"[A-Z]\w*(?:\.\w+)*(?:\[[\w\[\], .|]*\])?(?: \| [\w.\[\]]+)*")
NAME_OF_ANNOTATION = regex(r"(?:^|[(,*])\s*[A-Za-z_]\w*:[ \t]*[\"']\Z")
AFTER_ANNOTATION = regex(r"[\"'][ \t]*(?:[,)=]|$)")
# The path of a resource, such as the name of a secret in another store: project/shop/release.
PATH_WORD = r"(?:[A-Z]?[a-z]+|[A-Z]+|\d{1,4})"
PATH_SEGMENT = rf"{PATH_WORD}(?:[._-]{PATH_WORD})*"
RESOURCE_PATH = regex(rf"{PATH_SEGMENT}(?:[/:]{PATH_SEGMENT}){{2,}}")
WORD_LIKE = regex(
    r"(?:[A-Za-z]+(?:[-_.][A-Za-z]+)*|[A-Za-z]{3,}(?:\d{1,2}[A-Za-z]{3,})+)\d{0,5}[!.]?"
)
# An access key ID in a URL query is public: it identifies an account without its secret key.
QUERY_PARAMETER = regex(r"[?&;]\w+=\Z")
AWS_SCOPE = regex(r"(/|%2F)\d{8}\1[\w-]+?\1\w+?\1aws4_request", re.IGNORECASE)
MADE_UP = regex(r"mock|fake|dummy|testing", re.IGNORECASE)
COMPARISON = regex(r"(?:!==?|\)\s*={2,3})\s*[\"']\Z")
VERDICT = regex(r"\bfail", re.IGNORECASE)
COUNTRY_CODE = regex(r"\b[A-Z]{2,3}[\"']?\s*[:,]\s*[\"']")
COMPOUND_OPTION = regex(r"\w-(?:password|passphrase|passwd)[ \t]\Z", re.IGNORECASE)
NOT_VALUES = (
    *(BLOCKCHAIN_ADDRESS, MIGRATION, TIMESTAMP, ENTRY_POINT),
    *(UNICODE_ESCAPES, CONDITION, CALL, CAMEL_FIELD),
)


def grade(findings: Iterable[Finding], read: FileReader) -> list[Finding]:
    """Return the findings; doubtful ones get low severity.

    Args:
        findings: The findings of some files.
        read: Returns the bytes of a file; None if it cannot be read.
    """
    graded = []
    path = ""
    lines: list[str] = []
    docstrings: set[int] = set()
    findings = list(findings)
    ends = last_lines(findings)
    for finding in findings:
        if finding.severity is Severity.LOW or not _is_gradable(finding.rule):
            graded.append(finding)
            continue
        if finding.path != path:  # keep only one file in memory
            path = finding.path
            lines = split_lines(read(path), ends[path] + LINES_AROUND)
            docstrings = docstring_lines(lines[:-1]) if path.endswith(".py") else set()
        place = create_place(finding, lines, docstrings)
        is_low = place is not None and _is_low(place, finding.severity)
        severity = Severity.LOW if is_low else finding.severity
        graded.append(msgspec.structs.replace(finding, severity=severity))
    return graded


def _is_gradable(rule: str) -> bool:
    is_credential = rule.startswith("CRED.") and rule != "CRED.tracked-dotenv"
    return is_credential or rule == READ_RULE or rule in LITERAL_RULES


def _is_low(place: Place, severity: Severity) -> bool:
    """Return whether a finding is doubtful, or a value for tests or development."""
    if place.rule == READ_RULE:
        return is_development(place.path) and "environ.setdefault(" in place.line
    if _is_public_id(place) or (is_non_production(place.path) and _is_test_key(place)):
        return True
    if severity is Severity.CRITICAL:  # a vendor's token is real, even in a test
        return _is_made_up_token(place.value)
    if _is_quoted_or_copied(place) or (place.rule in LITERAL_RULES and is_test(place.path)):
        return True
    return _is_chosen(place.rule) and _is_doubtful_choice(place)


def _is_quoted_or_copied(place: Place) -> bool:
    """Return whether a value is in a quotation, an import, a docstring or third-party code."""
    if place.in_docstring:
        return True
    if QUOTATION.match(place.line_start) or IMPORT.match(place.line_start):
        return True
    return is_third_party(place.path) or bool(SCANNER_CONFIG.search(place.path))


def _is_public_id(place: Place) -> bool:
    """Return whether a value is a public identifier, by its form, name or position in a URL."""
    if PUBLIC_KEY.match(place.value):
        return True
    if place.rule == "CRED.aws-access-key":
        return bool(QUERY_PARAMETER.search(place.before) or AWS_SCOPE.match(place.after))
    parts = words(place.name)
    if RECAPTCHA_KEY.fullmatch(place.value):  # site keys have the same format
        return RECAPTCHA_SECRETS.isdisjoint(parts)
    is_other = "ID" in parts or not OTHER_ENDINGS.isdisjoint(parts[-1:])
    return _has_context(place.rule) and is_other and SECRET_WORDS.isdisjoint(parts)


def _is_made_up_token(value: str) -> bool:
    """Return whether a token consists of words, as in "xoxb-real-secret": vendors issue none."""
    return bool(WORDS.fullmatch(value)) and wordiness(value) > MIN_WORDINESS


def _has_context(rule_id: str) -> bool:
    """Return whether a rule only checks that the vendor's name is near a value."""
    rule = find_rule(rule_id)
    return rule is not None and bool(rule.context)


def _is_test_key(place: Place) -> bool:
    """Return whether a value is a key that tests generate, or is marked as a test value."""
    if place.rule in TEST_KEY_RULES or (MADE_UP.search(place.path) and _has_context(place.rule)):
        return True
    if MADE_UP.search(place.value) or SAYS_TEST.search(place.value):
        return True
    return bool(SAYS_TEST.search(place.before[-12:]))


def _is_chosen(rule_id: str) -> bool:
    """Return whether a rule finds values that people choose, not tokens that vendors issue."""
    if rule_id in LITERAL_RULES or rule_id in ASSIGNMENT_RULES:
        return True
    rule = find_rule(rule_id)
    return rule is not None and (rule.kind is RuleKind.URL or bool(rule.judged))


def _is_doubtful_choice(place: Place) -> bool:
    if url := URL_WITH_PASSWORD.match(place.value):
        return _is_doubtful_url(place, url[1])
    if not TEST_NAMES.isdisjoint(words(place.name)):
        return True
    if place.rule in LITERAL_RULES and is_placeholder(place.value):
        return True
    return any(is_doubtful(place) for is_doubtful in DOUBTS)


def _is_doubtful_url(place: Place, password: str) -> bool:
    user = place.value.partition("://")[2].partition(":")[0]
    if is_template_or_placeholder(password) or not is_real_login(f"{user}:{password}"):
        return True
    if not TEST_NAMES.isdisjoint(words(place.name)):
        return True
    nearby = place.value.replace(password, "\0", 1) if user != password else user
    return _is_weak(place._replace(value=password, nearby=nearby, name="password"))


def _names_reference(place: Place) -> bool:
    """Return whether the value is the name of a secret, its digest, or the address of a server."""
    parts = words(place.name)
    if not REFERENCES.isdisjoint(parts):
        return True
    return parts[-1:] == ("PASS",) and parts[-2:-1] != () and parts[-2] in PASS_DIRECTIVES


def _names_entry(place: Place) -> bool:
    """Return whether the value is a lookup key, such as a cache key or the name of a field."""
    parts = words(place.name)
    if len(parts) > 1 and parts[-1] == "KEY" and parts[-2] in ENTRY_KEYS:
        return True
    is_key = place.rule == "CSEC34.literal" and family(place.name) is Family.KEY
    if not is_key or not IDENTIFIER.fullmatch(place.value):
        return False
    return wordiness(place.value) > MIN_WORDINESS


def _is_word_for_name(place: Place) -> bool:
    """Return whether a value is compared with the name, a test result, or a country.

    Examples: `password !== "value"`, `pass: "failed"`, `PW: "Palau"`.
    """
    if is_random(place.value):
        return False
    if COMPARISON.search(place.before):
        return bool(WORD_LIKE.fullmatch(place.value))
    name = place.name.rpartition(".")[2]
    if name.lower() == "pass":
        return bool(VERDICT.search(place.nearby))
    return name in {"PW", "PWD"} and len(COUNTRY_CODE.findall(place.nearby)) > 2


def _is_translated(place: Place) -> bool:
    has_words = " " in place.value or not place.value.isascii()
    return has_words and is_translation(place.path)


def _is_not_a_value(place: Place) -> bool:
    """Return whether a text is a form field type, a label, a fingerprint, a symbol or code."""
    value = place.value
    if value.lower() in FIELD_TYPES or value.lower().startswith(f"{place.name.lower()} ("):
        return True
    if value[:1].isspace() and value[-1:].isspace():
        return True
    if place.rule != "CRED.password" and PGP_FINGERPRINT.fullmatch(value):
        return True
    if any(pattern.fullmatch(value) for pattern in NOT_VALUES) or _is_resource_path(value):
        return True
    if REFERENCE.match(value) or REGEX.search(value) or _is_title(place) or _is_topic(place):
        return True
    attribute = BOUND_ATTRIBUTE.search(place.before)
    if attribute and place.name.lower() not in attribute[1].lower():
        return True
    return bool(COMPOUND_OPTION.search(place.before))


def _is_topic(place: Place) -> bool:
    """Return whether the value is a digest in bytes, such as the topic of a token's event."""
    parts = set(words(place.name))
    if TOPIC_WORDS.isdisjoint(parts) or not SECRET_WORDS.isdisjoint(parts - {"TOKEN"}):
        return False
    return bool(ESCAPED_BYTES.search(place.value))


def _is_title(place: Place) -> bool:
    """Return whether a text with the name of a key or a token contains words: no key does."""
    value = place.value.strip()
    is_joined = any(character in value for character in "'\"\n")  # 'several' 'texts'
    if is_joined or words(place.name)[-1:] not in KEY_ENDINGS:
        return False
    if family(place.name.rpartition(".")[2]) is not Family.KEY:
        return False
    return " " in value or any(c.isalpha() and not c.isascii() for c in value)


def _is_resource_path(value: str) -> bool:
    return bool(RESOURCE_PATH.fullmatch(value)) and wordiness(value) > MIN_WORDINESS


def _is_annotation(place: Place) -> bool:
    """Return whether a text is a quoted type: `passphrase: "Optional[str]"`."""
    if not place.is_python:
        return False
    if not ANNOTATION.fullmatch(place.value) or is_random(place.value):
        return False
    if not NAME_OF_ANNOTATION.search(place.before):
        return False
    return bool(AFTER_ANNOTATION.match(place.after))


def _repeats_name(place: Place) -> bool:
    """Return whether the words of a value are those of its name."""
    value_words = set(words(place.value)) - FILLERS
    return bool(value_words) and value_words <= set(words(place.name))


def _is_weak(place: Place) -> bool:
    """Return whether a value is a weak password, or another weak secret for development."""
    value = decode_base64(place.value)
    if _is_named_nearby(place) or SAMPLE_VALUE.search(value):
        return True
    if not _is_password(place) and place.is_python and not is_development(place.path):
        return False  # SECRET_KEY = "secret" in the settings is a vulnerability
    if SAYS_TEST.search(value) or _says_example(value) or has_only_weak_words(value):
        return True
    if not is_development(place.path) and not LOCAL_HOST.search(place.line):
        return False
    return bool(WORD_LIKE.fullmatch(value)) and not is_random(value)


def _says_example(value: str) -> bool:
    """Return whether words such as "ThisIsAnExampleKey" say that a value is not real."""
    return not TEST_NAMES.isdisjoint(words(value)) and wordiness(value) > MIN_WORDINESS


def _is_password(place: Place) -> bool:
    if family(place.name) is Family.PASSWORD:
        return True
    return place.rule != "CRED.secret" and place.rule not in LITERAL_RULES


def _is_named_nearby(place: Place) -> bool:
    """Return whether a value also occurs nearby, as the name of the user or the database."""
    if place.value not in place.nearby or not WORD_LIKE.fullmatch(place.value):
        return False
    if is_random(place.value):
        return False
    same = re.compile(rf"(?<![\w-]){re.escape(place.value)}(?![\w-])")
    return bool(same.search(place.nearby))


DOUBTS = (
    _is_translated,
    _names_reference,
    _names_entry,
    _is_word_for_name,
    _is_not_a_value,
    _is_annotation,
    _repeats_name,
    _is_weak,
)
