from __future__ import annotations

from shield_ai.flow.draft.origins import choose_origins
from shield_ai.model.manifest import Secret
from shield_ai.scan.python.app_scan import scan_files


def test_ignores_values_in_example_settings():
    token = Secret(name="shop-token", env="SHOP_TOKEN")
    raws = dict.fromkeys(
        ("shop/settings.py", "shop/settings.example.py"), b"SHOP_TOKEN = 'k3y-of-a-test'"
    )

    def origins(*paths):
        found = scan_files("shop", list(paths), raws.get).sites
        return [origin.locator for origin in choose_origins(token, found, raws.get, {}, {})[0]]

    assert origins(*raws) == origins("shop/settings.py") == ["code:shop/settings.py#13-28"]
    assert origins("shop/settings.example.py") == []
