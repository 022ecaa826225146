from __future__ import annotations

import ast
import os

import msgspec
import pytest

from shield_ai.model.addresses import rule_page
from shield_ai.model.errors import ShieldError
from shield_ai.model.finding import Severity
from shield_ai.scan.rules import explanation, pattern
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.selftest import check_examples
from shield_ai.scan.text.detector import Detector

TEXT = pattern.CSEC34_FILE.read_text(encoding="utf-8")
IDS = [
    "CSEC34.environ-read",
    "CSEC34.literal",
    "CSEC34.literal-default",
    "CSEC34.presence",
    "CSEC34.config-read",
    "CSEC34.dotenv",
    "CSEC34.no-runtime",
]


def test_csec34_has_its_rules_in_order() -> None:
    assert list(pattern.csec34_rules()) == IDS
    assert pattern.csec34_pattern().id == "CSEC-34"


def test_pattern_is_cached_and_immutable() -> None:
    assert pattern.csec34_pattern() is pattern.csec34_pattern()
    assert pattern.csec34_rules() is pattern.csec34_rules()
    with pytest.raises(TypeError):
        pattern.csec34_rules()["x"] = pattern.csec34_rules()[IDS[0]]  # type: ignore[index]  # what is tried here


def test_csec34_has_its_risk_assessment() -> None:
    risk = pattern.csec34_pattern().risk_assessment
    assert (risk.impact, risk.exploitability, risk.affected_scope) == (
        "high",
        "medium",
        "secret_management",
    )
    assert len(risk.attack_vectors) == 5
    assert risk.labels == ("P1-High", "security", "backend", "infrastructure", "wrapper")


@pytest.mark.parametrize("rule", list(pattern.csec34_rules().values()), ids=lambda rule: rule.id)
def test_examples_of_python_rules_parse(rule: pattern.Rule) -> None:
    if rule.kind is not pattern.RuleKind.DOTENV:
        for code in rule.examples + rule.non_examples:
            ast.parse(code)
    assert not set(rule.examples) & set(rule.non_examples)


@pytest.mark.parametrize("rule", list(pattern.csec34_rules().values()), ids=lambda rule: rule.id)
def test_message_is_filled_in(rule: pattern.Rule) -> None:
    text = rule.text("DATABASES.default.PASSWORD", "DB_PASSWORD")
    assert "{" not in text
    assert not text.endswith(".")
    assert rule.text("A{b}", "C") == rule.message.replace("{name}", "A{b}").replace("{env}", "C")


@pytest.mark.parametrize("rule", IDS)
def test_explains_each_rule(rule: str) -> None:
    text = explanation.explain_rule(rule)
    assert text.startswith(f"{rule}: ")
    assert "How to fix" in text
    assert max(len(line) for line in text.splitlines() if "https://" not in line) <= 80


def test_explains_the_fields_of_an_example() -> None:
    text = explanation.explain_rule("CRED.github-token")
    assert "{alnum:36} stands for 36 random characters" in text


@pytest.mark.parametrize(
    "rule", [rule.id for rule in pattern.credential_pattern().rules if len(rule.title) > 40]
)
def test_explains_within_the_width_of_a_terminal(rule: str) -> None:
    lines = explanation.explain_rule(rule).splitlines()
    assert (
        max(len(line) for line in lines if "https://" not in line and not line.startswith("    "))
        <= 80
    )


def test_explains_a_pattern_by_its_short_id() -> None:
    assert explanation.explain_rule("CSEC34") == explanation.explain_rule("CSEC-34")


def test_explains_a_pattern_with_its_rules() -> None:
    text = explanation.explain_rule("CSEC-34")
    assert all(rule in text for rule in IDS)


def test_unknown_rule_suggests_a_similar_one() -> None:
    with pytest.raises(ShieldError, match=r"no rule 'CSEC34\.litteral'") as caught:
        explanation.explain_rule("CSEC34.litteral")
    assert caught.value.hint == "did you mean CSEC34.literal?"
    with pytest.raises(ShieldError) as caught:
        explanation.explain_rule("W605")
    assert "shield explain CSEC-34" in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(
            "title: Integrate", "titel: Integrate", "unknown key `titel`", id="unknown key"
        ),
        pytest.param("    kind: absent", "    kind: present", "'present'", id="unknown kind"),
        pytest.param(
            "    title: Hardcoded secret",
            "    titles: x",
            "unknown key `titles`",
            id="key of a rule",
        ),
        pytest.param("  impact: high", "  impact: awful", "'awful'", id="unknown impact"),
        pytest.param(
            "severity: medium\ndesc",
            "severity: [low]\ndesc",
            "Expected `str`, got `array`",
            id="wrong type",
        ),
        pytest.param(
            "  - id: CSEC34.presence",
            "  - id: CSEC34.literal",
            "duplicate rule id",
            id="id given twice",
        ),
        pytest.param(
            "title: Integrate", "id: x\ntitle: Integrate", "duplicate key", id="key given twice"
        ),
        pytest.param(
            'message: "{name} has',
            'message: "{value} has',
            "unknown placeholder {value}",
            id="placeholder",
        ),
        pytest.param('message: "{name} has', 'message: "{name has', "invalid braces", id="brace"),
        pytest.param(
            "title: Integrate", "title: &x [*x]\ntitles: Integrate", "", id="alias to itself"
        ),
        pytest.param(
            "title: Integrate",
            "title: !!python/object:os.system Integrate",
            "constructor",
            id="code",
        ),
        pytest.param("title: Integrate", "title: 'Integrate", "", id="no YAML"),
    ],
)
def test_error_has_the_line_of_the_value(old: str, new: str, message: str) -> None:
    assert TEXT.count(old) == 1
    text = TEXT.replace(old, new)
    with pytest.raises(ShieldError) as caught:
        pattern.parse_pattern(text, "mine.yaml")
    assert message in caught.value.message
    if message:
        line = text[: TEXT.index(old)].count("\n") + 1
        assert caught.value.message.startswith(f"mine.yaml:{line}: ")
        assert (
            caught.value.hint
            or "Expected" in caught.value.message
            or "Invalid" in caught.value.message
        )


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        pytest.param("    non_examples:", "", "missing key `non_examples`", id="no examples"),
        pytest.param(
            "  absent:\n",
            "\n# Placeholders",
            "no files for rules of kind 'absent'",
            id="no globs",
        ),
    ],
)
def test_error_names_the_missing_part(start: str, end: str, message: str) -> None:
    at = TEXT.rindex(start)
    text = TEXT[:at] + (TEXT[TEXT.index(end) :] if end else "")
    line = text[: text.index("  - id: CSEC34.no-runtime")].count("\n") + 1
    with pytest.raises(ShieldError, match=f"^mine.yaml:{line}: ") as caught:
        pattern.parse_pattern(text, "mine.yaml")
    assert message in caught.value.message


@pytest.mark.parametrize("text", ["", "\0", "- a\n- b\n", "just words", "a: b: c", "? [x]\n: y\n"])
def test_text_that_is_not_a_pattern_is_rejected(text: str) -> None:
    with pytest.raises(ShieldError, match=r"^mine\.yaml"):
        pattern.parse_pattern(text, "mine.yaml")


def test_rule_without_examples_is_rejected() -> None:
    text = TEXT[: TEXT.rindex("    non_examples:")] + "    non_examples: []\n"
    with pytest.raises(ShieldError, match="has no non_examples"):
        pattern.parse_pattern(text, "mine.yaml")


def test_severity_is_an_enum() -> None:
    assert pattern.csec34_rules()["CSEC34.literal"].severity is Severity.HIGH


def test_every_rule_passes_its_examples() -> None:
    """Run the checks of `shield patterns check`."""
    assert [
        *check_examples(pattern.csec34_pattern()),
        *check_examples(pattern.credential_pattern()),
    ] == []


def test_credential_pattern_covers_many_services() -> None:
    rules = pattern.credential_pattern().rules
    assert len(rules) > 200
    assert sum(rule.reference.startswith("https://") for rule in rules) > 180
    assert all(len(rule.title) < 60 and "{" not in rule.title for rule in rules)


OWN = """\
id: ACME
title: Keys of ACME
severity: high
description: A file contains a key of ACME.
fix: Revoke it.
references: [https://example.com/keys]
risk_assessment: {impact: high, exploitability: high, affected_scope: keys}
files: {regex: ["**/*"]}
rules:
  - id: ACME.key
    kind: regex
    severity: high
    title: ACME key
    message: "{name} is hardcoded"
    explanation: It opens everything.
    fix: Revoke it.
    regex: '(acme_[a-f0-9]{12})'
    keywords: [acme_]
    examples: ['acme_{hex:12}']
    non_examples: ['acme_key']
"""


def test_app_with_a_custom_pattern(tmp_path) -> None:
    (tmp_path / pattern.APP_FOLDER).mkdir(parents=True)
    (tmp_path / pattern.APP_FOLDER / "acme.yaml").write_text(OWN)
    (made,) = pattern.load_app_patterns(tmp_path)
    assert check_examples(made) == []
    assert "ACME.key: ACME key (high)" in explanation.explain_rule("ACME.key", [made])


def test_rules_have_the_severity_and_the_texts_of_the_pattern(tmp_path) -> None:
    text = OWN.replace("    severity: high\n", "").replace("    fix: Revoke it.\n", "")
    (tmp_path / pattern.APP_FOLDER).mkdir(parents=True)
    (tmp_path / pattern.APP_FOLDER / "acme.yaml").write_text(text)
    [made] = pattern.load_app_patterns(tmp_path)
    [rule] = made.rules
    assert (rule.severity, rule.fix) == (Severity.HIGH, "Revoke it.")


def test_rule_without_a_prefix_is_not_its_pattern() -> None:
    text = OWN.replace("ACME.key", "acme-key") + OWN.partition("rules:\n")[2]
    made = pattern.parse_pattern(text, "acme.yaml", set())
    assert len(made.rules) == 2
    assert pattern.select_rules("acme-key", [made]) == (made, made.rules[:1])
    assert pattern.select_rules("ACME", [made]) == (made, made.rules)


def test_only_yaml_files_are_patterns(tmp_path) -> None:
    folder = tmp_path / pattern.APP_FOLDER
    assert pattern.load_app_patterns(tmp_path) == ()
    folder.mkdir(parents=True)
    for name in ("b.yml", "a.yaml", "a.yang-ml", "a.yaml.orig", "README.md"):
        (folder / name).write_text(OWN.replace("ACME", f"{name[0].upper()}CME"))
    assert [made.id for made in pattern.load_app_patterns(tmp_path)] == ["ACME", "BCME"]


def test_unreadable_folder_with_patterns_is_an_error(tmp_path, monkeypatch) -> None:
    def iterdir(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.iterdir", iterdir)  # root reads everything
    with pytest.raises(ShieldError, match="patterns can't be read: Permission denied"):
        pattern.load_app_patterns(tmp_path)


MERGED = OWN.replace("  - id", "  - &first\n    id") + "  - <<: *first\n    id: ACME.token\n"


def test_merge_key_of_yaml() -> None:
    made = pattern.parse_pattern(MERGED, "acme.yaml", set())
    assert [(rule.id, rule.title) for rule in made.rules] == [
        ("ACME.key", "ACME key"),
        ("ACME.token", "ACME key"),
    ]


def test_error_in_a_value_that_overrides_a_merged_one_has_its_line() -> None:
    text = MERGED + '    message: "{nam}"\n'
    with pytest.raises(ShieldError, match=f"acme.yaml:{len(text.splitlines())}: unknown place"):
        pattern.parse_pattern(text, "acme.yaml", set())


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        pytest.param(
            "(acme_[a-f0-9]{12})", "(acme_[a-f0-9]{12}", 17, "invalid regex", id="no regex"
        ),
        pytest.param(
            "(acme_[a-f0-9]{12})", "acme_[a-f0-9]{12}", 17, "no capturing group", id="no group"
        ),
        pytest.param(
            "(acme_[a-f0-9]{12})",
            "((acme_)*)",
            17,
            "matches an empty string",
            id="matches everything",
        ),
        pytest.param(
            "(acme_[a-f0-9]{12})",
            "(acme_([a-f]+)+)",
            17,
            "can take exponential time",
            id="catastrophic",
        ),
        pytest.param(
            "(acme_[a-f0-9]{12})",
            "acme.*key.*(x)",
            17,
            "more than one unbounded quantifier",
            id="slow",
        ),
        pytest.param(
            "(acme_[a-f0-9]{12})", "(acme_[a-f]{99999999999})", 17, "too large", id="huge repeat"
        ),
        pytest.param(
            "(acme_[a-f0-9]{12})",
            "(?x)(acme_ [a-f0-9]{12})",
            17,
            "flags",
            id="flag that can't be moved",
        ),
        pytest.param(
            "(acme_[a-f0-9]{12})",
            "(?u)(acme_[a-f0-9]{12})",
            17,
            "bytes pattern",
            id="flag of texts",
        ),
        pytest.param(
            "(acme_[a-f0-9]{12})", "(acme_\\u0061{12})", 17, "bad escape", id="escape of texts"
        ),
        pytest.param(
            "(acme_[a-f0-9]{12})", "(acme_[[a-f]{12})", 17, "nested set", id="set in a set"
        ),
        pytest.param("[acme_]", "[acme_]\n    value: x", 10, "must have either", id="two regexes"),
        pytest.param("[acme_]", "[acme_]\n    context: [x]", 10, "must have either", id="context"),
        pytest.param("[acme_]", "[ACME_]", 18, "must be lowercase", id="keyword in capitals"),
        pytest.param("[acme_]", "['']", 18, "empty word", id="empty keyword"),
        pytest.param("keywords: [acme_]", "keywords: []", 17, "no keywords", id="no keyword"),
        pytest.param(
            "keywords: [acme_]",
            "keywords: [acme_]\n    entropy: .nan",
            19,
            "entropy",
            id="no entropy",
        ),
        pytest.param(
            "keywords: [acme_]",
            "keywords: [acme_]\n    decode: rot13",
            19,
            "rot13",
            id="unknown decoding",
        ),
        pytest.param(
            "    kind: regex",
            "    kind: python",
            11,
            "is reserved for built-in rules",
            id="kind of ours",
        ),
        pytest.param(
            "    title: ACME key", "    titel: ACME key", 13, "unknown key", id="misspelt key"
        ),
        pytest.param("{name} is", "{name:d} is", 14, "{name:d}", id="format of a placeholder"),
        pytest.param("{name} is", "{name!z} is", 14, "{name!z}", id="conversion of a placeholder"),
        pytest.param(
            "examples: ['acme_{hex:12}']",
            "examples: []",
            19,
            "has no examples",
            id="empty examples",
        ),
        pytest.param("ACME.key\n", "CRED.password\n", 10, "is already used", id="id of ours"),
        pytest.param("id: ACME\n", "id: CRED\n", 1, "is already used", id="pattern of ours"),
        pytest.param("ACME.key\n", "'a b]'\n", 10, "invalid id", id="odd id"),
        pytest.param(
            '{regex: ["**/*"]}',
            '{regex: "**/*"}',
            8,
            "Expected `array`",
            id="globs without brackets",
        ),
        pytest.param('["**/*"]', '["[z-a]"]', 8, "invalid glob", id="glob that is none"),
        pytest.param(
            '["**/*"]', '["*a*a*a*a*b"]', 8, "too many wildcards", id="glob that can take very long"
        ),
        pytest.param("Keys of ACME", "!!int x", 2, "invalid value", id="value that is none"),
        pytest.param(
            "Keys of ACME", "1" + ":59" * 200_000, 2, "more than 100 characters", id="base 60"
        ),
        pytest.param(
            "Keys of ACME", "9" * 200_000, 2, "more than 100 characters", id="long number"
        ),
        pytest.param(
            "Keys of ACME", "Keys \0 ACME", 2, "does not allow", id="character that YAML forbids"
        ),
        pytest.param(
            "title: ACME key", 'title: "\\e[31m"', 13, "control character", id="escape in a title"
        ),
        pytest.param("rules:\n", "3: 4\nrules:\n", 9, "invalid key", id="number for a key"),
        pytest.param(
            "rules:\n", "defaults: {foo: 1}\nrules:\n", 9, "unknown key `foo`", id="defaults"
        ),
        pytest.param(
            "rules:\n",
            "defaults: {a: b}\nrules: 5\nmore: |\n",
            10,
            "Expected `array`",
            id="no list",
        ),
    ],
)
def test_error_of_a_custom_pattern_has_the_line(tmp_path, old, new, line, words) -> None:
    (tmp_path / pattern.APP_FOLDER).mkdir(parents=True)
    text = OWN.replace(old, new).replace("files: {regex", "files: {python: [a], regex")
    (tmp_path / pattern.APP_FOLDER / "acme.yaml").write_text(text)
    with pytest.raises(ShieldError) as caught:
        pattern.load_app_patterns(tmp_path)
    assert words in caught.value.message
    assert f"acme.yaml:{line}: " in caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "hint", "other"),
    [
        pytest.param("id: ACME\n", "id: ACME\nregex: x\n", "keys of a pattern: id, ", "kind", id="pattern"),
        pytest.param("    kind: regex", "    rules: x\n    kind: regex", "keys of a rule: id, ", "files", id="rule"),
        pytest.param("impact: high,", "impact: high, id: x,", "keys of `risk_assessment`: impact, ", "title", id="risk"),
    ],
)  # fmt: skip
def test_hint_for_an_unknown_key_has_the_keys_of_its_level(tmp_path, old, new, hint, other) -> None:
    (tmp_path / pattern.APP_FOLDER).mkdir(parents=True)
    (tmp_path / pattern.APP_FOLDER / "acme.yaml").write_text(OWN.replace(old, new, 1))
    with pytest.raises(ShieldError, match="unknown key") as caught:
        pattern.load_app_patterns(tmp_path)
    assert caught.value.hint.startswith(hint)
    assert other not in caught.value.hint


def test_id_is_unique_across_files(tmp_path) -> None:
    (tmp_path / pattern.APP_FOLDER).mkdir(parents=True)
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / pattern.APP_FOLDER / name).write_text(OWN)
    with pytest.raises(ShieldError, match=r"b\.yaml:1: the id 'ACME' is already used"):
        pattern.load_app_patterns(tmp_path)


@pytest.mark.parametrize(
    ("link", "target", "message"),
    [
        pytest.param(
            ".shield", "outside", "is a symbolic link, or its parent folder is one", id="folder"
        ),
        pytest.param(
            ".shield/patterns",
            "../outside",
            "is a symbolic link, or its parent folder is one",
            id="patterns",
        ),
        pytest.param(".shield/patterns/a.yaml", "/dev/zero", "Too many levels", id="file"),
    ],
)
def test_links_are_refused(tmp_path, link, target, message) -> None:
    (tmp_path / "outside/patterns").mkdir(parents=True)
    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / link).symlink_to(target)
    with pytest.raises(ShieldError, match=message):
        pattern.load_app_patterns(tmp_path)


def test_large_and_special_files_are_refused(tmp_path) -> None:
    folder = tmp_path / pattern.APP_FOLDER
    folder.mkdir(parents=True)
    os.mkfifo(folder / "a.yaml")
    with pytest.raises(ShieldError, match="not a regular file"):
        pattern.load_app_patterns(tmp_path)
    (folder / "a.yaml").unlink()
    with (folder / "a.yaml").open("wb") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(ShieldError, match="larger than 1 MB"):
        pattern.load_app_patterns(tmp_path)


def test_date_is_loaded_as_text() -> None:
    assert (
        pattern.parse_pattern(OWN.replace("Keys of ACME", "2026-13-45"), "acme.yaml").title
        == "2026-13-45"
    )


def test_explains_where_a_rule_is_documented() -> None:
    assert rule_page("CSEC34.literal") in explanation.explain_rule("CSEC34.literal").splitlines()


def test_a_token_is_found_by_one_rule() -> None:
    """No token is also found, or found instead, by the rule of another service."""
    detector = Detector([msgspec.structs.replace(pattern.credential_pattern(), files={})])
    others = []
    for rule in pattern.credential_pattern().rules:
        if rule.kind is not pattern.RuleKind.REGEX or not rule.keywords or rule.judged:
            continue
        for example in rule.examples:
            found = [item.rule for item in detector.find("app/config", fill(example).encode())]
            if found != [rule.id]:
                others.append((rule.id, found))
    assert others == []


def test_a_failing_example_is_reported_once(tmp_path) -> None:
    (tmp_path / pattern.APP_FOLDER).mkdir(parents=True)
    (tmp_path / pattern.APP_FOLDER / "acme.yaml").write_text(OWN)
    (made,) = pattern.load_app_patterns(tmp_path)
    (rule,) = made.rules
    failing = msgspec.structs.replace(rule, examples=("nothing",))
    assert check_examples(msgspec.structs.replace(made, rules=[failing])) == [
        "ACME.key: does not match nothing"
    ]
