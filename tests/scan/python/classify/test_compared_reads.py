from __future__ import annotations

import pytest

from shield_ai.scan.python.app_scan import scan_files

READ = "os.environ.get('HOOK_TOKEN')"


@pytest.mark.parametrize(
    ("test", "is_skipped"),
    [
        pytest.param(f"x == {READ}", True, id="equal"),
        pytest.param(f"{READ} != x", True, id="not equal"),
        pytest.param("x == f'Bearer {os.environ.get(\"HOOK_TOKEN\")}'", True, id="f-string"),
        pytest.param(f"x == 'Bearer ' + {READ}", True, id="sum"),
        pytest.param(f"x == 'Bearer {{}}'.format({READ})", True, id="format"),
        pytest.param(f"hmac.compare_digest(x, str({READ}).encode())", True, id="digest"),
        pytest.param("x == os.environ.get('HOOK_TOKEN', '')", True, id="empty default"),
        pytest.param("x == os.environ.get('HOOK_TOKEN', 'dev')", False, id="default"),
        pytest.param("x == os.environ.get('HOOK_TOKEN', x.fallback)", False, id="other default"),
        pytest.param("x == os.environ['HOOK_TOKEN']", False, id="demanded"),
        pytest.param(f"{READ} and x == {READ}", False, id="tested before"),
        pytest.param(f"{READ} == 'k8Fq2z'", False, id="constant"),
        pytest.param(f"x == send({READ}, x)[0]", False, id="argument of another call"),
    ],
)
def test_reads_whose_empty_default_would_pass_a_check(test, is_skipped):
    text = f"import hmac\nimport os\n\n\ndef allow(x):\n    if {test}:\n        return True\n"
    sites = scan_files("shop", ["views.py"], {"views.py": text.encode()}.get).sites
    reasons = {str(site.reason.id) if site.reason else "" for _, site in sites}
    assert reasons == {"compared" if is_skipped else ""}
    texts = {site.reason.text for _, site in sites if site.reason}
    keeps = "without a value, its default would pass the check here: demand a value"
    keeps += "; keep the variable HOOK_TOKEN set for it"
    assert texts == ({keeps} if is_skipped else set())
