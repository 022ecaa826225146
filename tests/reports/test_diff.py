from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.aws.desired.iam import policy_document
from shield_ai.model.edit import Edit
from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.project.python_source import apply_edits, file_change
from shield_ai.reports.diff import MAX_COMPARED, MAX_NEW_LINES, diff_text, find_opcodes
from shield_ai.rewrite.project.iam_policy import PATH
from shield_ai.rewrite.project.stamp import stamp


def change(path, raw, *edits, encoding="utf-8"):
    made = [Edit(path=path, start=start, end=end, replacement=text) for start, end, text in edits]
    return file_change(path, raw, made, encoding)


def wrap(raw, inner, encoding="utf-8"):
    at = raw.index(inner)
    return change("s.py", raw, (0, 0, "from x import get_secret\n"), (at, at, 'get_secret("n", lambda: '),
                  (at + len(inner), at + len(inner), ")"), encoding=encoding)  # fmt: skip


RAW = b"""\
import os
DEBUG = True
TOKEN = "hunter-two"
KEY = os.environ["KEY"]
OTHER = os.environ.get("OTHER", "hunter-two")  # hunter
MORE = 1
LAST = "hunter-two"
"""


def test_edit_of_python_shows_code_and_no_value():
    made = wrap(RAW, b'os.environ["KEY"]')
    assert (
        diff_text(made, RAW)
        == """\
--- s.py
+++ s.py
@@ -0,0 +1 @@
+from x import get_secret
 import os
 DEBUG = True
 TOKEN = "•••"
-KEY = os.environ["KEY"]
+KEY = get_secret("n", lambda: os.environ["KEY"])
 OTHER = os.environ.get("OTHER", "•••")  #•••
 MORE = 1
""".replace("@@ -0,0 +1 @@\n+from", "@@ -1,6 +1,7 @@\n+from")
    )


def test_literal_inside_an_edit_is_hidden():
    made = wrap(RAW, b'"hunter-two"')
    text = diff_text(made, RAW)
    assert '-TOKEN = "•••"\n+TOKEN = get_secret("n", lambda: "•••")\n' in text
    assert "hunter" not in text


def test_given_spans_are_hidden():
    at = RAW.index(b"DEBUG")
    assert "DEBUG" not in diff_text(wrap(RAW, b'os.environ["KEY"]'), RAW, spans=[(at, at + 5)])


@pytest.mark.parametrize(
    ("encode", "note"),
    [
        pytest.param(lambda raw: raw.replace(b"\n", b"\r\n"), "  (CRLF)", id="crlf"),
        pytest.param(lambda raw: b"\xef\xbb\xbf" + raw, "", id="bom"),
        pytest.param(lambda raw: b"# -*- coding: latin-1 -*-\n# \xe9\n" + raw, "", id="latin-1"),
    ],
)
def test_encodings_and_line_endings(encode, note):
    raw = encode(RAW)
    text = diff_text(wrap(raw, b'os.environ["KEY"]', "latin-1" if b"\xe9" in raw else "utf-8"), raw)
    assert text.startswith(f"--- s.py{note}\n+++ s.py{note}\n")
    assert '\n+KEY = get_secret("n", lambda: os.environ["KEY"])\n' in text
    assert "\r" not in text
    assert "hunter" not in text


def test_missing_newline_at_the_end():
    raw = b'KEY = f("x")'
    text = diff_text(wrap(raw, b'f("x")'), raw)
    assert text.count("\\ No newline at end of file\n") == 2


def test_addition_to_another_file_shows_our_text_only():
    raw = b"password = hunter-two"
    made = change("a.txt", raw, (len(raw), len(raw), "\nboto3\n"))
    assert (
        diff_text(made, raw)
        == """\
--- a.txt
+++ a.txt
@@ -1 +1,2 @@
-•••
\\ No newline at end of file
+•••
+boto3
"""
    )


def test_addition_after_the_last_line():
    raw = b"django\n"
    assert diff_text(change("a.txt", raw, (7, 7, "boto3\n")), raw).endswith(
        "@@ -1,0 +2 @@\n+boto3\n"
    )


def test_new_file_is_shown_in_part():
    made = change("n.py", None, (0, 0, "".join(f"{i}\n" for i in range(50))))
    text = diff_text(made, None)
    assert text.startswith("+++ n.py  (new, 50 lines)\n+0\n+1\n")
    more = 50 - MAX_NEW_LINES
    assert text.endswith(f"+{MAX_NEW_LINES - 1}\n… {more} more lines: shield plan --all\n")
    assert diff_text(made, None, show_all=True).endswith("+48\n+49\n")
    assert diff_text(change("n.py", None, (0, 0, "")), None) == "+++ n.py  (new, 0 lines)\n"


def test_replaced_file_shows_the_difference_without_old_values():
    raw = b"".join(b"%d\n" % number for number in range(20)) + b"old\n"
    new = raw.decode().replace("3\n", "3\n3.5\n", 1).replace("old", "new")
    text = diff_text(change("n.md", raw, (0, len(raw), new)), raw)
    assert text == (
        "--- n.md\n+++ n.md\n@@ -3,4 +3,5 @@\n 2\n 3\n+3.5\n 4\n 5\n"
        "@@ -19,3 +20,3 @@\n 18\n 19\n-•••\n+new\n"
    )


def test_generated_file_without_edits_is_shown():
    raw = stamp("docs", "md", "# One\n\nold\n").encode()
    new = stamp("docs", "md", "# One\n\nnew\n")
    text = diff_text(change("n.md", raw, (0, len(raw), new)), raw)
    assert "-old\n+new\n" in text
    edited = raw + b"swordfish\n"
    assert "swordfish" not in diff_text(change("n.md", edited, (0, len(edited), new)), edited)


def test_names_of_removed_secrets_are_shown_in_a_map_file():
    raw = b"""\
from _shield_runtime import SecretsManagerClient

client = SecretsManagerClient(
    {
        "mailgun-api-key": "MAILGUN_API_KEY",
        "redis-url": "REDIS_URL",
        "hook-key": "kV93hdpQ7Zr1xTbLm4Wy",
    },
    optional=["redis-url", "mailgun-api-key"],
)
"""
    renamed = re.compile(rb"mailgun-api-key")
    edits = [(*match.span(), "mailgun-key") for match in renamed.finditer(raw)]
    text = diff_text(change("aws_secrets.py", raw, *edits), raw)
    assert '-        "mailgun-api-key": "MAILGUN_API_KEY",' in text
    assert '         "redis-url": "REDIS_URL",' in text
    assert '-    optional=["redis-url", "mailgun-api-key"],' in text
    assert '"hook-key": "•••"' in text


@pytest.mark.parametrize("is_edited", [False, True])
def test_a_generated_policy_without_edits_is_shown(is_edited):
    app = App(name="shop")
    manifests = [Manifest(app=app, secret=(Secret(name=name, env="A"),)) for name in ("old", "new")]
    before, after = (
        json.dumps(policy_document(manifest, "123456789012"), indent=2) + "\n"
        for manifest in manifests
    )
    raw = (before + "\n" * is_edited).encode()
    text = diff_text(change(PATH, raw, (0, len(raw), after)), raw)
    assert ('"arn:aws:secretsmanager:us-east-1:123456789012:secret:old-' in text) is not is_edited


def test_long_replaced_file_is_not_compared():
    raw = b"old\n" * (MAX_COMPARED + 1)
    text = diff_text(change("n.md", raw, (0, len(raw), "new\n")), raw)
    assert text.endswith("-•••\n+new\n")


def test_file_without_edits_is_not_a_replaced_file():
    raw = b"old\nfile\n"
    assert diff_text(change("n.md", raw), raw) == "--- n.md\n+++ n.md\n"


def test_color_only_adds():
    made = wrap(RAW, b'os.environ["KEY"]')
    colored = diff_text(made, RAW, color=True)
    assert "\x1b[32m+KEY" in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == diff_text(made, RAW)


LINES = [
    "import os",
    "A = {0!r}",
    "B = os.environ.get('B', '{0}')",
    "# {0}",
    "C = f'x{0}'",
    "D = {{'E': '{0}'}}",
]
OPEN = ["'''{0}", "'''", "("]
BARE = ["A={0}", "{0}"]  # in Python, this is a name


@pytest.mark.parametrize(
    ("path", "lines"),
    [("a.py", LINES + OPEN), (".env.example", LINES + BARE), ("a.md", LINES + BARE)],
)
@given(data=st.data(), value=st.text("0123456789abcdef", min_size=16, max_size=32))
def test_no_value_is_shown(path, lines, data, value):
    raw = "\n".join(data.draw(st.lists(st.sampled_from(lines)))).format(value).encode()
    places = st.integers(0, len(raw))
    edits = [(at, at, "ours\n") for at in sorted(data.draw(st.sets(places, max_size=3)))]
    text = diff_text(change(path, raw, *edits), raw)
    assert value not in re.sub(r"\n[-+ @\\]|ours", "", text)
    assert value[:12] not in text


@given(
    st.text("ab\n", max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3), st.text("a\n", max_size=3))),
)
def test_differences_turn_the_old_lines_into_the_new_ones(text, wanted):
    raw = text.encode()
    edits, last = [], 0
    for start, size, replacement in sorted(wanted):
        if last <= start and start + size <= len(raw):
            edits.append((start, start + size, replacement))
            last = start + size
    made = change("a.py", raw, *edits)
    old = raw.splitlines(keepends=True)
    new = apply_edits(raw, made.edits).splitlines(keepends=True)
    result, at = [], (0, 0)
    for tag, i1, i2, j1, j2 in find_opcodes(made, old, new):
        assert (i1, j1) == at
        assert tag != "equal" or old[i1:i2] == new[j1:j2]
        result += new[j1:j2]
        at = (i2, j2)
    assert at == (len(old), len(new))
    assert result == new
