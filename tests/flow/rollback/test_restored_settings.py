from __future__ import annotations

import pytest

from shield_ai.flow.rollback.restored_settings import restore_settings


def settings(description="", replicas=(), **tags):
    return {"description": description, "replicas": list(replicas), "tags": tags}


CASES = [
    pytest.param(settings("a"), settings("b"), settings("b"), settings("a"), False, id="text"),
    pytest.param(settings("a"), settings("b"), settings("a"), settings("a"), False, id="restored-by-hand"),
    pytest.param(settings("a"), settings("b"), settings("c"), settings("c"), True, id="edited-since"),
    pytest.param(settings(), settings(x="1"), settings(x="1", y="2"), settings(y="2"), False, id="tag-of-others"),
    pytest.param(settings(x="1"), settings(x="2"), settings(), settings(), True, id="tag-removed-since"),
    pytest.param(settings("a", x="1"), settings("b", x="2"), settings("c", x="2"), settings("c", x="1"), True, id="part-edited"),
    pytest.param(settings(replicas=["b"]), settings(replicas=["a"]), settings(replicas=["a"]), settings(replicas=["b"]), False, id="replicas"),
    pytest.param(settings("a", x="1"), settings("b", x="2"), settings("b", x="1"), settings("a", x="1"), False, id="interrupted"),
]  # fmt: skip


@pytest.mark.parametrize(("was", "applied", "live", "restored", "is_changed"), CASES)
def test_restores_what_apply_changed(was, applied, live, restored, is_changed):
    assert restore_settings(was, applied, live) == (restored, is_changed)
