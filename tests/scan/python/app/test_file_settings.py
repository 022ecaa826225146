from __future__ import annotations

import pytest
from scaling import assert_linear
from shield_helpers import reason_of

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app_scan import scan_files

READ = "import os\nAPNS_KEY = os.environ['APNS_KEY']\n"
PATH = SkipId.HARMLESS_PATH.text


def reasons(scanned, files):
    found = scanned({"shop/__init__.py": "", **files}).sites
    return [reason_of(site) for finding, site in found if finding.path == "shop/settings.py"]


@pytest.mark.parametrize(
    ("text", "is_path"),
    [
        pytest.param("open(settings.APNS_KEY)", True, id="open"),
        pytest.param("with open(settings.APNS_KEY, 'rb') as f:\n    f.read()", True, id="with"),
        pytest.param("load_pem_private_key(open(settings.APNS_KEY).read(), None)", True, id="PEM"),
        pytest.param("Path(settings.APNS_KEY).read_text()", True, id="Path"),
        pytest.param("os.path.join(BASE, settings.APNS_KEY)", True, id="join"),
        pytest.param("context.load_cert_chain(\n    settings.APNS_KEY\n)", True, id="certificate"),
        pytest.param("Client(keyfile=settings.APNS_KEY)", True, id="keyfile"),
        pytest.param("if settings.APNS_KEY:\n    open(settings.APNS_KEY)", True, id="condition"),
        pytest.param("name = settings.APNS_KEY\nopen(name)", True, id="name"),
        pytest.param(
            "from shop.settings import APNS_KEY\nopen(APNS_KEY).read()", True, id="imported"
        ),
        pytest.param("open(getattr(settings, 'APNS_KEY'))", True, id="getattr"),
        pytest.param("open(app.config['APNS_KEY'])", True, id="config"),
        pytest.param("box.open(settings.APNS_KEY)", False, id="another open"),
        pytest.param("open('f', 'w').write(settings.APNS_KEY)", False, id="written"),
        pytest.param("open(settings.APNS_KEY)\nsign(settings.APNS_KEY)", False, id="another use"),
        pytest.param(
            "key = settings.APNS_KEY\nif not key.startswith('-----'):\n    key = open(key).read()",
            False,
            id="a path or a key",
        ),
        pytest.param(
            "if settings.APNS_KEY.startswith('-----'):\n    x()\nelse:\n    open(settings.APNS_KEY)",
            False,
            id="a tested text",
        ),
        pytest.param(
            "from shop.settings import APNS_KEY as k\nopen(settings.APNS_KEY)", False, id="alias"
        ),
        pytest.param("open(settings.OTHER_KEY)", False, id="another setting"),
        pytest.param("def broken(:\nopen(settings.APNS_KEY)", False, id="invalid"),
    ],
)
def test_a_setting_that_another_file_opens_is_a_path(scanned, text, is_path):
    files = {"shop/settings.py": READ, "shop/push.py": text}
    assert reasons(scanned, files) == [PATH if is_path else ""]


@pytest.mark.parametrize(
    ("settings", "is_path"),
    [
        pytest.param(READ, True, id="unchanged"),
        pytest.param(READ + "if not APNS_KEY:\n    raise ValueError\n", True, id="condition"),
        pytest.param(READ + "PUSH = {'KEY': APNS_KEY}\n", False, id="used in the settings"),
        pytest.param(
            "import os\nAPNS_KEY = os.environ['APNS_KEY'].replace('|', '/')\n", False, id="changed"
        ),
        pytest.param("import os\nAPNS_KEY = load(os.environ['APNS_KEY'])\n", False, id="passed"),
    ],
)
def test_a_setting_with_another_value_is_no_path(scanned, settings, is_path):
    files = {"shop/settings.py": settings, "shop/push.py": "open(settings.APNS_KEY)"}
    assert reasons(scanned, files) == [PATH if is_path else ""]


@pytest.mark.parametrize(
    ("text", "is_path"),
    [
        pytest.param("open(settings.apns_key)", True, id="open"),
        pytest.param("open(settings.apns_key)\nsign(settings.apns_key)", False, id="another use"),
        pytest.param("apns_key = 1\nopen(settings.apns_key)\nx(apns_key)", True, id="local name"),
    ],
)
def test_a_field_that_another_file_opens_is_a_path(scanned, text, is_path):
    settings = (
        "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    apns_key: str\n"
    )
    files = {"shop/settings.py": settings, "shop/push.py": text}
    assert reasons(scanned, files) == [PATH if is_path else ""]


@pytest.mark.parametrize(
    ("read", "is_path"),
    [
        pytest.param("os.environ['APNS_KEY']", True, id="unchanged"),
        pytest.param("os.environ['APNS_KEY'].replace('|', '/')", False, id="changed"),
    ],
)
def test_a_variable_that_another_file_opens_is_a_path(scanned, read, is_path):
    files = {
        "shop/settings.py": f"import os\nPUSH = {{'KEY': {read}}}\n",
        "shop/push.py": "import os\nopen(os.environ['APNS_KEY'])",
    }
    assert reasons(scanned, files) == [PATH if is_path else ""]


def test_shield_toml_can_name_such_a_setting():
    files = {"shop/settings.py": READ.encode(), "shop/push.py": b"open(settings.APNS_KEY)"}
    found = scan_files("shop", list(files), files.get, manifest_variables=["APNS_KEY"])
    assert [reason_of(site) for _, site in found.sites] == [""]


def test_searches_long_files_in_linear_time():
    def scan(size):
        names = [f"APNS_{number}_KEY" for number in range(size)]
        reads = "".join(f"{name} = os.environ['{name}']\n" for name in names)
        uses = "".join(f"open(settings.{name})\n" for name in names)
        files = {"shop/settings.py": f"import os\n{reads}".encode(), "shop/a.py": uses.encode()}
        found = scan_files("shop", list(files), files.get)
        assert all(site.reason.id is SkipId.HARMLESS_PATH for _, site in found.sites)

    assert_linear(scan, 100)
