from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.scan.merge import PartResult, merge_parts
from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.text.engine import CredentialScan

TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
DEVELOPMENT = SkipId.DEVELOPMENT_NAME.reason()


@pytest.mark.parametrize(
    ("read", "reason", "has_secret_default"),
    [
        pytest.param("os.environ['A_TOKEN']", None, False, id="fixable"),
        pytest.param("os.environ.get('A_TOKEN', 'hunter-two')", None, True, id="with a default"),
        pytest.param("os.environ['DEV_A_TOKEN']", DEVELOPMENT, False, id="not fixable"),
    ],
)
def test_a_finding_has_what_reports_show_of_its_site(scanned, read, reason, has_secret_default):
    text = f"import os\nA_TOKEN = {read}\n"
    scan = scanned({"shop/settings.py": text})
    [(_, site)] = scan.sites
    [found] = [finding for finding in scan.findings if finding.env]
    assert (found.reason, found.fixable) == (reason, reason is None)
    assert found.has_secret_default is has_secret_default
    assert found.span == (site.start, site.end)
    assert text[slice(*found.span)] == read


def test_a_finding_without_a_site_is_not_fixable(scanned):
    text = "from shop.secrets import get_secret\nA_TOKEN = get_secret('a-token', 'hunter-two')\n"
    [found] = scanned({"shop/settings.py": text}).findings
    assert (found.fixable, found.reason, found.span) == (False, None, None)


def test_a_credential_in_a_name_is_masked_and_not_fixable(scanned):
    text = f"import os\nTOKENS = {{'{TOKEN}': os.environ['A_TOKEN'], 'b': os.environ['B_TOKEN']}}\n"
    scan = scanned({"shop/settings.py": text})
    found = {f.env: (f.fixable, f.span is None) for f in scan.findings if f.env}
    assert found == {"A_TOKEN": (False, True), "B_TOKEN": (True, False)}
    assert [f.env for f, _ in scan.sites] == ["B_TOKEN"]
    assert not [f for f in scan.findings if TOKEN in f.name + f.message]


@pytest.mark.parametrize(
    ("prefix", "is_fixable"),
    [pytest.param("app/", True, id="folder"), pytest.param(f"{TOKEN}/", False, id="credential")],
)
def test_a_finding_in_a_folder_with_a_credential_in_its_name_is_not_fixable(prefix, is_fixable):
    files = {"settings.py": b"import os\nA_TOKEN = os.environ['A_TOKEN']\n"}
    app = scan_files("shop", list(files), files.get)
    part = PartResult(app, CredentialScan([], [], {}, {}), prefix, files.get, set(), [])
    [found] = [f for f in merge_parts([part], include_low_confidence=True).findings if f.env]
    assert (found.fixable, found.span is not None) == (is_fixable, is_fixable)
    assert TOKEN not in found.path
