"""Settings classes of several files inherit the source from their base class."""

from __future__ import annotations

import pytest

from shield_ai.flow.draft.manifest_draft import draft_manifest_from_sites
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.python.imports.importers import Importers
from shield_ai.rewrite.python.pipeline import rewrite_python
from shield_ai.rewrite.python.wrap.shared_bases import choose_shared_bases
from shield_ai.rewrite.python.wrap.wrap_options import WrapOptions
from shield_ai.scan.python.app_scan import scan_files

BASE = """\
from pydantic_settings import BaseSettings


class Base(BaseSettings):
    debug: bool = False
"""
HEIR = "from shop.base import Base\n\n\nclass Settings(Base):\n    {0}_api_key: str\n"
METHOD = "def settings_customise_sources("


def rewritten(files, others=None):
    """Return the changed files of an app, as texts by path."""
    raws = {"shop/__init__.py": b"", **(others or {})}
    raws |= {f"shop/{name}.py": text.encode() for name, text in files}
    scan = scan_files("shop", list(raws), raws.get)
    manifest = draft_manifest_from_sites(scan.sites, None, scan.facts)
    options = WrapOptions(
        importers=Importers(scan.python_files, raws.get),
        shared=choose_shared_bases(scan.sites, manifest.variables()),
    )
    accessor_import = scan.facts.accessor_import(manifest)
    changes = rewrite_python(manifest, scan.sites, (), raws.get, accessor_import, options)
    assert not changes.skipped
    return {file.path: text_of(file, raws[file.path]) for file in changes.files}


def text_of(file, raw):
    return apply_edits(raw, file.edits, "utf-8").decode()


def methods(files):
    """Return the files that get the method."""
    return sorted(path for path, text in rewritten(files).items() if METHOD in text)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            [("base", BASE), ("mail", HEIR.format("mail")), ("pay", HEIR.format("pay"))],
            ["shop/base.py"],
            id="base class without secrets",
        ),
        pytest.param(
            [("base", f"{BASE}    base_api_key: str\n"), ("mail", HEIR.format("mail"))],
            ["shop/base.py"],
            id="base class with a secret",
        ),
        pytest.param(
            [("base", BASE), ("mail", HEIR.format("mail"))],
            ["shop/mail.py"],
            id="one subclass",
        ),
        pytest.param(
            [
                ("base", f"{BASE}    @classmethod\n    {METHOD}cls, *a, **k): return ()\n"),
                ("mail", HEIR.format("mail")),
                ("pay", HEIR.format("pay")),
            ],
            ["shop/mail.py", "shop/pay.py"],
            id="own sources",
        ),
        pytest.param(
            [
                ("base", BASE.replace("(BaseSettings)", "(BaseSettings, Mixin)")),
                ("mail", HEIR.format("mail")),
                ("pay", HEIR.format("pay")),
            ],
            ["shop/mail.py", "shop/pay.py"],
            id="another base class",
        ),
    ],
)
def test_chooses_where_the_source_is_added(files, expected):
    assert methods(files) == expected


def test_a_class_of_the_same_name_gets_its_own_source():
    twin = "if True:\n    class Settings(Base):\n        pay_api_key: str\nelse:\n    class Settings(BaseSettings):\n        pay_api_key: str\n"
    pay = f"from pydantic_settings import BaseSettings\nfrom shop.base import Base\n\n{twin}"
    files = [("base", BASE), ("mail", HEIR.format("mail")), ("pay", pay)]
    assert methods(files) == ["shop/base.py", "shop/pay.py"]


def test_second_rewrite_changes_nothing():
    files = {"base": BASE, "mail": HEIR.format("mail"), "pay": HEIR.format("pay")}
    once = rewritten(files.items())
    assert list(once) == ["shop/base.py"]
    entries = '{"mail-api-key": "MAIL_API_KEY", "pay-api-key": "PAY_API_KEY"}'
    client = f"client = SecretsManagerClient({entries})\nget_secret = client.get_secret\n"
    runtime = f"from _shield_runtime import SecretsManagerClient\n\n{client}"
    files["base"] = once["shop/base.py"]
    assert rewritten(files.items(), {"aws_secrets.py": runtime.encode()}) == {}
