from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.python.readers import project

if TYPE_CHECKING:
    import pytest

FILES = {
    "shop/__init__.py": b"",
    "shop/conf.py": b"import os\nfrom shop.names import PREFIX\ndef read(name):\n    return os.environ[name]\n",
    "shop/names.py": b"from shop.conf import *\nPREFIX = 'A'\n",
    "shop/config/mail.py": b"from shop.conf import read\nKEY = read('MAIL_PASSWORD')\n",
    "shop/config/pay.py": b"from shop import conf\nKEY = conf.read('PAY_SECRET_KEY')\n",
    "shop/settings.py": b"from shop.names import read\nSECRET_KEY = read('SECRET_KEY')\n",
}


def test_parses_evicted_modules_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one cached module and circular imports, a scan finds the same."""
    first = scan_files("shop", sorted(FILES), FILES.get)
    monkeypatch.setattr(project, "MAX_CACHED", 1)
    again = scan_files("shop", sorted(FILES), FILES.get)
    assert (again.findings, again.sites) == (first.findings, first.sites)
    assert {f.env for f in first.findings if f.env} == {
        "MAIL_PASSWORD",
        "PAY_SECRET_KEY",
        "SECRET_KEY",
    }


def test_limits_the_cached_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0
    add = project.Project.add

    def counted(self, source):
        nonlocal most
        module = add(self, source)
        most = max(most, len(self._modules))
        return module

    monkeypatch.setattr(project.Project, "add", counted)
    monkeypatch.setattr(project, "MAX_CACHED", 1)
    scan_files("shop", sorted(FILES), FILES.get)
    assert most == 1
