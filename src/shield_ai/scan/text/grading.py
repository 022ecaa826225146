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
    is_development_config,
    is_development_file,
    is_non_production,
    is_test,
    is_third_party,
)
from shield_ai.scan.rules.pattern import RuleKind, find_rule
from shield_ai.scan.text.credibility import Family, secret_family
from shield_ai.scan.text.key_files import KeyFiles
from shield_ai.scan.text.made_up import is_dummy_token, is_made_up_token
from shield_ai.scan.text.non_values import is_non_value, is_regex
from shield_ai.scan.text.outside_production import (
    is_commented_example,
    is_expired,
    is_for_development,
    is_for_tests,
)
from shield_ai.scan.text.place import (
    ASSIGNMENT_RULES,
    LITERAL_RULES,
    NO_PYTHON_LINES,
    Place,
    create_place,
    find_python_lines,
    last_lines,
    split_lines,
)
from shield_ai.scan.text.token_rules import is_real_login
from shield_ai.scan.text.value_shapes import (
    PUBLIC_KEY,
    URL_WITH_PASSWORD,
    is_placeholder,
    is_template_or_placeholder,
)
from shield_ai.scan.text.weak_values import CI, SAYS_TEST, TEST_NAMES, is_weak

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding


READ_RULE = "CSEC34.environ-read"
READ_RULES = frozenset({READ_RULE, "CSEC34.config-read"})
# The findings of these rules are about code, not about a value in a file.
RULES_WITHOUT_VALUE = READ_RULES | {"CSEC34.presence", "CSEC34.no-runtime"}
LOGIN_RULE = "CRED.login-pair"
# Keys that tests generate; tokens of vendors remain critical in tests.
KEY_RULES = frozenset({"CRED.private-key", "CRED.private-key-base64"})
TEST_KEY_RULES = KEY_RULES | {"CRED.google-service-account"}
KEY_FOR_TESTS = regex(
    r"(?:^|[/._-])(?:dev|devel|development|tests?|testing|examples?|localhost|snakeoil)(?:[/._-]|$)",
    re.IGNORECASE,
)
# A key of a developer, unless the code opens it.
LOCAL_KEY = regex(r"(?:^|(?<!usr)/|[._-])local(?:[/._-]|$)", re.IGNORECASE)
# https://docs.pydantic.dev/latest/concepts/json_schema/ and
# https://fastapi.tiangolo.com/tutorial/schema-extra-example/
SCHEMA_EXAMPLE = regex(
    r"\b(?:json_schema_extra|schema_extra|openapi_examples?|examples?)[\"']?\s{0,4}[:=]\s{0,4}[(\[{]"
)
# Lists of known findings in the configuration of scanners for secrets.
SCANNER_CONFIG = regex(
    r"(?:^|/)\.?(?:gitleaks|secrets\.baseline|secretsignore|trufflehog|gitguardian|talismanrc)"
)
EXAMPLE_SCRIPT = regex(r"(?:^|/)(?:examples?|samples?)/|(?:^|/)example[_-][^/]*$")
# Settings that users copy, such as .example.local.py.
COPIED_SETTINGS = regex(r"(?:^|[/.])(?:example|sample|template|dist)\.(?:[\w.]+\.)?py$")
# Rules for keys that a line may send to a server on the local host.
LOCAL_RULES = ASSIGNMENT_RULES | {"CRED.bearer"}
LOCAL_URL = regex(
    r"\A(?!.*env).*https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)\b(?!\.)", re.IGNORECASE
)  # but not the default of a variable
# Code that a build wrote for browsers: everyone can read the keys that it sends to other servers.
BROWSER_CODE = (".js", ".mjs", ".cjs")
MIN_MINIFIED_LENGTH = 2000  # characters on a line
BROWSER_KEY_RULES = frozenset({"CRED.secret", "CRED.url-token"})
# Several words that a program shows, not a line that it writes to another program or file.
PRINTED = regex(
    r"[ \t]*@?(?:echo|printf?|puts|say|Write-(?:Host|Output)|console\.\w{3,5})\b[^=\w\n]{1,9}"
    r"(?:-\w[ \t]+)?[\"']?\w[^=\n]*[ \t][^=\n]*(?::|\bis)[ \t]*[\"'`]?\Z"
)
WRITTEN = regex(r"[|>]")
OPTION_RULES = frozenset({"CRED.option-password", "CRED.option-secret"})
# The arguments of a read before its default.
READ = regex(r"\b(?:getenv|env|environ|config)(?:\.\w{1,20})?\([^()]*\Z")
# A line of a doctest, or a quotation in a docstring or a comment.
QUOTATION = regex(r"[ \t]*(?:[*#/]{1,3}[ \t]*)?(?:>{1,3}|\.\.\.)[ \t]")
IMPORT = regex(r"[ \t]*(?:import\b|from[ \t]+[\w.]+[ \t]+import\b|#include\b|using[ \t]+[\w.]+;)")
# The public part of a DSN: https://docs.sentry.io/concepts/key-terms/dsn-explainer/
SENTRY_KEYS = {("SENTRY", "KEY"), ("PUBLIC", "KEY")}
SENTRY_KEY = regex(r"[0-9a-f]{32}")
# A URL of map tiles: every browser sends the key in it.
TILE_URL = regex(r"https?://[^\s\"']*\{(?:z|x|zoom|bbox|range|quadkey)\}[^\s\"']*\Z", re.IGNORECASE)
# The key with which browsers search: https://docsearch.algolia.com/docs/api/
SEARCH_INDEX = regex(r"\bindexName[\"']?\s{0,9}:")
# Temporary credentials expire after 36 hours at most:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
TEMPORARY_ID = "ASIA"
# Keys for tests, with which no money moves: https://docs.stripe.com/keys#obtain-api-keys
TEST_MODE = regex(r"(?:sk|rk|rzp)_test_")
VARIABLE = regex(r"\$\{?[A-Za-z_]\w*\}?")
EMAIL = regex(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# Hosted databases, which are reachable from the internet.
CLOUD_DATABASES = (
    ".mongodb.net", ".rds.amazonaws.com", ".neon.tech", ".supabase.co", ".db.ondigitalocean.com",
    ".aivencloud.com", ".cockroachlabs.cloud", ".redislabs.com", ".redis-cloud.com", ".upstash.io",
    ".cloudamqp.com", ".elephantsql.com", ".rlwy.net",
)  # fmt: skip
# A random part of such a host, unlike cluster0.
HOST_ID = regex(r"(?!cluster)[a-z-]{0,40}\d")
# Analytics with keys that browsers send: https://segment.com/docs/connections/find-writekey/
EVENT_STREAMS = word_set("RUDDER RUDDERSTACK SEGMENT")
SECRET_WORDS = word_set("KEY SECRET TOKEN PASSWORD")
RECAPTCHA_SECRETS = word_set("SECRET PRIVATE PRIV")
# Words at the end of names that a vendor's key does not have.
OTHER_ENDINGS = word_set("URL URI HOST NAME USERNAME EMAIL PATH FILE FIELD TYPE")
RECAPTCHA_KEY = regex(r"6L[\w-]{38}")
# An access key ID in a URL query is public: without the secret key, it only identifies the account.
QUERY_PARAMETER = regex(r"[?&;]\w+=\Z")
AWS_SCOPE = regex(r"(/|%2F)\d{8}\1[\w-]+?\1\w+?\1aws4_request", re.IGNORECASE)
MADE_UP = regex(r"mock|fake|dummy|testing", re.IGNORECASE)


def grade(findings: Iterable[Finding], read: FileReader, code: Iterable[str] = ()) -> list[Finding]:
    """Return the findings; doubtful ones get low severity.

    Args:
        findings: The findings of some files.
        read: Returns the bytes of a file; None if it cannot be read.
        code: The Python files, which may open key files.
    """
    key_files = KeyFiles(code, read)
    graded = []
    path = ""
    lines: list[str] = []
    python_lines = NO_PYTHON_LINES
    findings = list(findings)
    ends = last_lines(findings)
    for finding in findings:
        if finding.severity is Severity.LOW or not _is_gradable(finding.rule):
            graded.append(finding)
            continue
        if finding.path != path:  # keep only one file in memory
            path = finding.path
            lines = split_lines(read(path), ends[path])
            python_lines = find_python_lines(path, lines)
        place = create_place(finding, lines, python_lines)
        severity = _grade(place, finding.severity) if place else finding.severity
        if finding.rule in KEY_RULES and LOCAL_KEY.search(path) and key_files.is_unused(path):
            severity = Severity.LOW
        graded.append(msgspec.structs.replace(finding, severity=severity))
    return graded


def _is_gradable(rule: str) -> bool:
    is_credential = rule.startswith("CRED.") and rule != "CRED.tracked-dotenv"
    return is_credential or rule in READ_RULES or rule in LITERAL_RULES


def _grade(place: Place, severity: Severity) -> Severity:
    if _is_low(place, severity):
        return Severity.LOW
    if severity is Severity.CRITICAL and TEST_MODE.match(place.value):
        return Severity.MEDIUM
    if severity is not Severity.HIGH or not _finds_chosen_values(place.rule):
        return severity
    is_minor = is_development_config(place.path) or CI.search(place.path)
    return Severity.MEDIUM if is_minor or is_for_development(place) else severity


def _is_low(place: Place, severity: Severity) -> bool:
    """Return whether a finding is doubtful, or a value for tests or development."""
    if place.rule in READ_RULES:
        return _is_minor_read(place)
    if _is_public_id(place) or _is_test_key(place):
        return True
    if not _finds_chosen_values(place.rule) and is_dummy_token(place):
        return True
    if severity is Severity.CRITICAL:  # another token of a vendor is real, even in a test
        return False
    if _is_quoted_or_copied(place) or _is_in_test(place) or _is_development_default(place):
        return True
    return _finds_chosen_values(place.rule) and _is_doubtful_value(place)


def _is_minor_read(place: Place) -> bool:
    """Return whether a read is in a test or an example, or sets a default for development."""
    if is_test(place.path) or _is_example_script(place.path):
        return True
    if COPIED_SETTINGS.search(place.path):
        return True
    return is_development_file(place.path) and "environ.setdefault(" in place.line


def _is_quoted_or_copied(place: Place) -> bool:
    """Return whether a value is in a quotation, an import, a docstring or third-party code."""
    if place.in_docstring or _is_printed(place) or _is_copied(place):
        return True
    if place.rule in LOCAL_RULES and LOCAL_URL.search(place.line):
        return True
    if place.rule == "CSEC34.literal" and _is_example_script(place.path):
        return True
    if _is_in_schema_example(place):
        return True
    return bool(QUOTATION.match(place.line_start) or IMPORT.match(place.line_start))


def _is_in_schema_example(place: Place) -> bool:
    """Return whether a value is in an example of a schema: `"example": {"token": "…"}`."""
    above = place.nearby.partition("\0")[0]
    for mark in SCHEMA_EXAMPLE.finditer(above):
        inside = above[mark.end() :]
        if sum(map(inside.count, "([{")) >= sum(map(inside.count, ")]}")):
            return True
    return False


def _is_copied(place: Place) -> bool:
    """Return whether a value is in third-party code, or in the findings that a scanner knows."""
    if is_third_party(place.path) or SCANNER_CONFIG.search(place.path):
        return True
    return _is_browser_key(place)


def _is_printed(place: Place) -> bool:
    """Return whether a value is in a text that a command prints for a person."""
    if place.rule not in ASSIGNMENT_RULES or WRITTEN.search(place.after):
        return False
    return bool(PRINTED.match(place.before))


def _is_browser_key(place: Place) -> bool:
    """Return whether a value is a key, not a password or a secret, in minified JavaScript."""
    if not place.path.endswith(BROWSER_CODE) or place.line_length < MIN_MINIFIED_LENGTH:
        return False
    return place.rule in BROWSER_KEY_RULES and secret_family(place.name) is Family.KEY


def _is_example_script(path: str) -> bool:
    """Return whether a file is an example, not the settings of a project of that name."""
    is_settings = "settings" in path or "config" in path
    return bool(EXAMPLE_SCRIPT.search(path)) and not is_settings


def _is_public_id(place: Place) -> bool:
    """Return whether a value is a public identifier, by its form, name or position in a URL."""
    if _is_harmless_token(place) or _is_public_by_name(place.value, words(place.name)):
        return True
    if TILE_URL.search(place.before) or (place.rule == "CRED.url-token" and is_regex(place.value)):
        return True
    if place.rule == LOGIN_RULE:
        return bool(EMAIL.fullmatch(place.value))
    if place.rule == "CRED.aws-access-key":
        is_temporary = place.value.startswith(TEMPORARY_ID)
        is_in_url = QUERY_PARAMETER.search(place.before) or AWS_SCOPE.match(place.after)
        return is_temporary or bool(is_in_url)
    if RECAPTCHA_KEY.fullmatch(place.value):  # site keys have the same format
        return RECAPTCHA_SECRETS.isdisjoint(words(place.name))
    if SEARCH_INDEX.search(place.nearby) and words(place.name)[-2:] == ("API", "KEY"):
        return True
    return _has_context(place.rule) and _is_other_near_vendor(place)


def _is_harmless_token(place: Place) -> bool:
    """Return whether a token is public by its format, or has expired."""
    if place.rule == "CRED.jwt":
        return is_expired(place.value)
    return PUBLIC_KEY.match(place.value) is not None


def _is_public_by_name(value: str, parts: tuple[str, ...]) -> bool:
    """Return whether a key identifies the sender of events or errors, also in browsers."""
    if parts[-2:] in SENTRY_KEYS:
        return bool(SENTRY_KEY.fullmatch(value))
    return parts[-2:] == ("WRITE", "KEY") and not EVENT_STREAMS.isdisjoint(parts)


def _is_other_near_vendor(place: Place) -> bool:
    """Return whether a text near the name of a vendor is a name or an ID instead of its key."""
    if is_made_up_token(place.value):
        return True
    parts = words(place.name)
    is_other = "ID" in parts or not OTHER_ENDINGS.isdisjoint(parts[-1:])
    return is_other and SECRET_WORDS.isdisjoint(parts)


def _has_context(rule_id: str) -> bool:
    """Return whether a rule only checks that the vendor's name is near a value."""
    rule = find_rule(rule_id)
    return rule is not None and bool(rule.context)


def _is_test_key(place: Place) -> bool:
    """Return whether a value is a key for development or tests, or is marked as a test value."""
    if place.rule in TEST_KEY_RULES and KEY_FOR_TESTS.search(place.path):
        return True
    if not is_non_production(place.path):
        return False
    if place.rule in TEST_KEY_RULES or (MADE_UP.search(place.path) and _has_context(place.rule)):
        return True
    if MADE_UP.search(place.value) or SAYS_TEST.search(place.value):
        return True
    return bool(SAYS_TEST.search(place.before[-12:]))


def _is_in_test(place: Place) -> bool:
    """Return whether a value is in a test, also in a test function beside other code."""
    if place.rule in LITERAL_RULES and is_test(place.path):
        return True
    return place.in_test and _finds_chosen_values(place.rule)


def _is_development_default(place: Place) -> bool:
    """Return whether a value is the default of a read in settings for development."""
    before = place.nearby.partition("\0")[0]
    if not is_development_config(place.path) or not READ.search(before):
        return False
    return place.rule in OPTION_RULES or _finds_chosen_values(place.rule)


def _finds_chosen_values(rule_id: str) -> bool:
    """Return whether a rule finds values that people choose, not tokens that vendors issue."""
    if rule_id in LITERAL_RULES or rule_id in ASSIGNMENT_RULES:
        return True
    rule = find_rule(rule_id)
    return rule is not None and (rule.kind is RuleKind.URL or bool(rule.judged))


def _is_doubtful_value(place: Place) -> bool:
    if url := URL_WITH_PASSWORD.match(place.value):
        return _is_doubtful_url(place, url[1])
    if not TEST_NAMES.isdisjoint(words(place.name)):
        return True
    if place.rule in LITERAL_RULES and is_placeholder(place.value):
        return True
    if place.rule == "CSEC34.dotenv" and VARIABLE.fullmatch(place.value):
        return True
    if is_for_tests(place) or is_commented_example(place):
        return True
    return is_non_value(place) or is_weak(place)


def _is_cloud_database(place: Place) -> bool:
    """Return whether code, not a test or an example, has the URL of a hosted database."""
    host = re.split(r"[/:?]", place.value.partition("@")[2], maxsplit=1)[0]
    if is_non_production(place.path) or not host.endswith(CLOUD_DATABASES):
        return False
    return any(map(HOST_ID.match, host.split(".")))


def _is_doubtful_url(place: Place, password: str) -> bool:
    user = place.value.partition("://")[2].partition(":")[0]
    if is_template_or_placeholder(password) or not is_real_login(f"{user}:{password}"):
        return True
    if not TEST_NAMES.isdisjoint(words(place.name)):
        return True
    if user == password and _is_cloud_database(place):
        return False
    nearby = place.value.replace(password, "\0", 1) if user != password else user
    return is_weak(place._replace(value=password, nearby=nearby, name="password"))
