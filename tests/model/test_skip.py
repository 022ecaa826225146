import re
import string
from pathlib import Path

import msgspec
import pytest

from shield_ai.model.skip import SkipId, Skipped

SOURCES = Path(__file__).parents[2] / "src/shield_ai"


@pytest.mark.parametrize("case", SkipId)
def test_every_reason_has_an_id_and_a_text(case):
    assert case.value == case.name.lower().replace("_", "-").replace("utf8", "utf-8")
    assert not case.text.endswith((".", " "))


def test_texts_are_unique():
    texts = [case.text for case in SkipId if case.text != "{problem}"]
    assert len(set(texts)) == len(texts)


def test_every_reason_is_used_with_the_parameters_of_its_text():
    code = "\n".join(path.read_text("utf-8") for path in SOURCES.rglob("*.py"))
    unused = {case.name for case in SkipId if not re.search(rf"SkipId\.{case.name}\b", code)}
    assert unused == set()
    for name, arguments in re.findall(r"SkipId\.(\w+)\.reason\(([^)]*)\)", code):
        fields = string.Formatter().parse(SkipId[name].text)
        wanted = {field for _, field, _, _ in fields if field}
        assert set(re.findall(r"(?:^|\s)(\w+)=", arguments)) == wanted, name


def test_an_entry_has_the_id_and_the_text():
    entry = SkipId.ALSO_COMPUTED.reason(variable="A{B}").entry("a.py", 3, "X")
    text = "A{B} is also read under a computed name"
    assert entry == Skipped(path="a.py", line=3, name="X", reason=text, id=SkipId.ALSO_COMPUTED)
    encoded = msgspec.json.encode(entry)
    assert msgspec.json.decode(encoded)["id"] == "also-computed"
    assert msgspec.json.decode(encoded, type=Skipped) == entry


def test_the_advice_to_keep_variables_does_not_change_the_id():
    reason = SkipId.COMPUTED_NAME.reason()
    kept = reason.keeping(["A", "B"])
    assert kept.id is SkipId.COMPUTED_NAME
    assert kept.text == f"{reason.text}; keep the variables A and B set for it"
