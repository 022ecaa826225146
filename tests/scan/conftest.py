from __future__ import annotations

import pytest
from shield_helpers import reason_of

from shield_ai.scan.python.app_scan import scan_files


@pytest.fixture
def scanned():
    """Scan files that are given as {path: text}."""

    def scanned(files):
        raws = {
            path: text.encode() if isinstance(text, str) else text for path, text in files.items()
        }
        return scan_files("shop", list(raws), raws.get)

    return scanned


@pytest.fixture
def sites(scanned):
    """Scan one settings file and return (shape, variable, reason) of each site."""

    def sites(text, files=None):
        found = scanned({"shop/__init__.py": "", "shop/settings.py": text, **(files or {})}).sites
        return [
            (str(site.shape), site.variable, reason_of(site))
            for f, site in found
            if f.path == "shop/settings.py"
        ]

    return sites
