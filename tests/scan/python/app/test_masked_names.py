from __future__ import annotations

import pytest
from shield_helpers import reason_of

SETTINGS = "import os\nSECRET_KEY = os.environ['SECRET_KEY']\n"
NAMES = "import os\nNAMES = ['SECRET_KEY', 'PASSWORD', 'CI_TOKEN']\ndef clean(text):\n    for name in NAMES:\n"
MASK = (
    "        value = os.environ.get(name)\n"
    "        if not value:\n            continue\n"
    "        if value in text:\n            text = text.replace(value, '***')\n"
    "    return text\n"
)
WALRUS = (
    "        if (value := os.getenv(name)) and len(value) > 4:\n"
    "            text = re.sub(re.escape(value), '***', text)\n"
)
SENT = "        value = os.environ.get(name)\n        send(value)\n        text.replace(value, '***')\n"
SET = "        value = os.environ.get(name)\n        globals()[name] = value\n"


def enumerated(scanned, text, settings=SETTINGS):
    found = scanned({"shop/settings.py": settings, "shop/logs.py": text}).sites
    [site] = [site for finding, site in found if finding.path == "shop/logs.py"]
    return site


@pytest.mark.parametrize(
    ("body", "secrets"),
    [
        pytest.param(MASK, ("SECRET_KEY",), id="replaced"),
        pytest.param(WALRUS, ("SECRET_KEY",), id="substituted"),
        pytest.param(SENT, ("SECRET_KEY", "PASSWORD", "CI_TOKEN"), id="also sent"),
        pytest.param(SET, ("SECRET_KEY", "PASSWORD", "CI_TOKEN"), id="settings"),
    ],
)
def test_masked_names_are_secrets_only_if_other_code_reads_them(scanned, body, secrets):
    site = enumerated(scanned, NAMES + body)
    assert (site.variables, reason_of(site)) == (secrets, "")
    assert {*site.variables, *site.other_variables} == {"SECRET_KEY", "PASSWORD", "CI_TOKEN"}


def test_a_mask_without_secrets_that_are_read_has_a_reason(scanned):
    site = enumerated(scanned, NAMES + MASK, "import os\n")
    assert reason_of(site) == "only masked in texts, and nothing else reads the variable"
