from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from report_helpers import finding

from shield_ai.model.printable import printable
from shield_ai.model.skip import SkipId
from shield_ai.reports.findings.junit import junit

TEXT = {"type", "message"}
# Required and optional attributes and the children of each element, of those that we write:
# https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
SHAPE = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors"}, {"skipped", "time"}, {"testcase"}),
    "testcase": ({"name"}, {"time", "classname", "group"}, {"skipped", "error", "failure"}),
    **dict.fromkeys(("failure", "error", "skipped"), (set(), TEXT, set())),
}
SKIP = SkipId.RULE_TIMED_OUT.reason(rules="ACME.key").entry("a.txt")


def read(*arguments):
    root = ET.fromstring(junit(*arguments).encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        required, optional, children = SHAPE[element.tag]
        assert required <= set(element.keys()) <= required | optional
        assert {child.tag for child in element} <= children
    (suite,) = root
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(key)) == len(suite.findall(f".//{tag}"))
    assert int(suite.get("tests")) == len(suite)
    return suite


def test_results():
    suite = read([(finding(), True), (finding(line=2), False)], [SKIP])
    assert [(case.get("name"), case[0].tag) for case in suite] == [
        ("CSEC34.environ-read at 1:1", "failure"),
        ("CSEC34.environ-read at 2:1", "skipped"),
        (f"not scanned: {SKIP.id}", "error"),
    ]
    assert suite[0].get("classname") == "app/settings.py"
    assert suite[0][0].get("message") == finding().message


def test_no_findings_pass():
    (case,) = read([])
    assert (case.get("name"), len(case)) == ("no findings", 0)


def test_hostile_names():
    evil = '"/><failure>]]>&\x00\x0b\ufffe\udcff\u202e\n'
    suite = read([(finding(path=evil, message=evil), True)])
    assert suite[0].get("classname") == '"/><failure>]]>&??????'
    assert suite[0][0].get("message") == '"/><failure>]]>&??????'


def test_findings_of_the_history_have_different_names():
    commits = [finding(commit=digit * 40) for digit in "ab"]
    suite = read([(item, True) for item in commits])
    assert [case.get("name") for case in suite] == [
        "CSEC34.environ-read at 1:1 in aaaaaaaaaa",
        "CSEC34.environ-read at 1:1 in bbbbbbbbbb",
    ]


@given(st.text(), st.text())
def test_each_name_and_message_is_read_as_it_is_written(path, message):
    (case,) = read([(finding(path=path, message=message), True)])
    assert (case.get("classname"), case[0].get("message")) == (printable(path), printable(message))
