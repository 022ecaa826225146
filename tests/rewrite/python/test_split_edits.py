from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.edit import Edit
from shield_ai.project.python_source import Source, apply_edits
from shield_ai.rewrite.python.split_edits import split_edits

VALUE = "correct horse battery staple"


def split(old, new, start=0, encoding="utf-8"):
    """Return the parts of the edit that replaces the end of a file."""
    raw = old.encode(encoding)
    source = Source.from_bytes("shop/settings.py", raw)
    edit = Edit(path=source.path, start=start, end=len(raw), replacement=new)
    parts = split_edits(source, [edit])
    assert apply_edits(raw, parts, source.encoding) == raw[:start] + new.encode(source.encoding)
    return [part.replacement for part in parts]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(f'f("A", "{VALUE}")', f'get_secret(\n    "a", "{VALUE}"\n)', id="another layout"),
        pytest.param(f'f(\n  "A",\n  "{VALUE}",\n)', f'get_secret("a", "{VALUE}")', id="on one line"),
        pytest.param(f"f('A', '{VALUE}')", f'get_secret("a", "{VALUE}")\n', id="other quotes"),
        pytest.param(f"f('{VALUE}' 'x y z')", f"g(\n'{VALUE}'\n'x y z')", id="joined"),
        pytest.param(f'f("""a\n{VALUE}\nb""")', f'g( """a\n{VALUE}\nb""" )', id="several lines"),
        pytest.param(f"f(1)  # {VALUE}\n", f"g(1)  # {VALUE}\n", id="comment"),
        pytest.param(f"f(b'{VALUE}')", f"g(\n b'{VALUE}')", id="bytes"),
        pytest.param(f"f'{{f('A', \"{VALUE}\")}}'", f"f'{{g(\"{VALUE}\") }}'", id="f-string"),
        pytest.param(f'f("A", "" "{VALUE}")', f'g(\n"" "{VALUE}")', id="after an empty string"),
        pytest.param(f'f("A", ""  "{VALUE}")', f'g("" "{VALUE}")', id="other spaces"),
        pytest.param(f"""f("it's"  '{VALUE}')""", f"""g("it's" '{VALUE}')""", id="apostrophe"),
        pytest.param(f"f('it\\'s {VALUE}')", f'g("it\'s {VALUE}")', id="escaped quote"),
        pytest.param(f'f("{VALUE}",  "{VALUE}")', f"""g("{VALUE}", '{VALUE}')""", id="both quotes"),
        pytest.param(f'f( "a\\\n{VALUE}")', f'g("a\\\n{VALUE}")', id="continued line"),
        pytest.param(f'f( """a\\"""{VALUE}""")', f'g("""a\\"""{VALUE}""")', id="escaped quotes"),
        pytest.param(f"f'{VALUE}{{f( 1)}}'", f"f'{VALUE}{{g(1)}}'", id="text of an f-string"),
        pytest.param(f"# -*- coding: latin-1 -*-\nf('é', '{VALUE}')", f"# -*- coding: latin-1 -*-\ng('é',  '{VALUE}')", id="latin-1"),
    ],
)  # fmt: skip
def test_edits_leave_values_in_place(old, new):
    encoding = "latin-1" if "latin-1" in old else "utf-8"
    assert VALUE not in "".join(split(old, new, encoding=encoding))


def test_a_number_stays():
    assert "1234567" not in "".join(split("f(1234567)", "g(\n    1234567\n)"))


def test_an_edit_without_a_text_stays_whole():
    assert split("f(a, b)", "g(a)") == ["g(a)"]


PARTS = st.lists(
    st.sampled_from(
        ["f(", ")", ", ", "'one'", '"two words"', '""', '"it\'s"', "\\", "# three\n", "\n", "é"]
    )
)


@given(PARTS, PARTS)
def test_the_result_is_the_same(old, new):
    split("".join(old), "".join(new))
