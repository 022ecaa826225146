from __future__ import annotations

import json

from shield_helpers import make_app, run

from shield_ai.flow.verify.check import CHECKS, CheckId, Status, make_check


def test_every_id_has_a_title_and_a_source():
    assert list(CHECKS) == list(CheckId)
    titles = [info.title for info in CHECKS.values()]
    assert len(set(titles)) == len(titles)
    assert all(info.reads for info in CHECKS.values())


def test_title_names_the_subject():
    check = make_check(CheckId.SECRET_READABLE, Status.OK, subject="shop/{0} key")
    assert check.name == "shop/{0} key can be read"
    assert check.subject == "shop/{0} key"


def test_json_has_ids_and_keeps_its_other_keys(tmp_path):
    make_app(tmp_path)
    checks = json.loads(run("verify", "--only", "code", "--json", cwd=tmp_path).out)["checks"]
    assert [check["id"] for check in checks][:2] == ["code-migrated", "files-unchanged"]
    assert all(check.keys() >= {"id", "name", "status", "detail", "hint"} for check in checks)
