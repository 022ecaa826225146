from __future__ import annotations

from shield_ai.flow.draft import draft
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.python.pipeline import rewrite_python
from shield_ai.scan.python.app_scan import scan_files

PLAIN = "import os\nDEBUG = os.environ.get('DEBUG')\n"
READS = "import os\nA = os.environ['A_TOKEN']\n"
MOVED = "from shop.utils.secrets import get_secret\nB = get_secret('b-old', lambda: os.environ['B_TOKEN'], env='B_TOKEN')\n"


def test_combines_all_edits_of_a_file():
    raws = {
        f"shop/settings/{name}.py": text.encode()
        for name, text in {"a": READS, "b": PLAIN, "c": MOVED, "d": READS + MOVED}.items()
    }
    scan = scan_files("shop", list(raws), raws.get)
    text = "import os\nA = os.environ['A_TOKEN']\nB = os.environ['B_TOKEN']\n"
    manifest = draft(
        scan_files("shop", ["settings.py"], lambda _: text.encode()).findings, None, scan.facts
    )
    done = rewrite_python(
        manifest, scan.findings, scan.calls, raws.get, scan.facts.accessor_import(manifest)
    )
    after = {
        change.path[-4]: apply_edits(raws[change.path], change.edits).decode()
        for change in done.files
    }
    assert sorted(after) == ["a", "c", "d"]
    assert "A = get_secret('a-token')" in after["a"]
    assert "get_secret('b-token', " in after["c"]
    assert "get_secret('a-token')" in after["d"]
    assert "get_secret('b-token', " in after["d"]
