from __future__ import annotations

import pytest

from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.python.cross_file import PUBLIC

READ = b"import os\nX = os.environ['MAPBOX_TOKEN']\n"


@pytest.mark.parametrize(
    ("path", "line", "reason"),
    [
        (".env.example", "MAPBOX_TOKEN=pk.eyJ1IjoiZGphbmdvIn0.Ah4y76VVmBWqzVkw3kUz", PUBLIC),
        (".environment-example", 'export MAPBOX_TOKEN="pk.eyJ1IjoiZGphbmdvIn0.Ah4"', PUBLIC),
        ("web/app.env.dist", "MAPBOX_TOKEN=pk_live_51Hxq", PUBLIC),
        (".env.example", "MAPBOX_TOKEN=sk.eyJ1IjoiZGphbmdvIn0.Ah4y76VVmBWqzVkw3kUz", ""),
        (".env.example", "OTHER_TOKEN=pk_live_51Hxq", ""),
        ("environment.md", "MAPBOX_TOKEN=pk_live_51Hxq", ""),
    ],
)
def test_a_variable_with_a_public_key_as_example_is_not_moved(path, line, reason):
    files = {"shop/settings.py": READ, path: f"A=1\n{line}\n".encode()}

    def reasons(manifest_variables):
        found = scan_files("shop", list(files), files.get, manifest_variables).findings
        return [f.site.reason for f in found if f.site]

    assert reasons(()) == [reason]
    assert reasons({"MAPBOX_TOKEN"}) == [""]
