from __future__ import annotations

from shield_ai.flow.draft import draft
from shield_ai.project.python_source import Source, apply_edits
from shield_ai.rewrite.python.wrap import wrap_secrets
from shield_ai.scan.python.app_scan import scan_files

PATH = "shop/settings.py"


def rewritten(raw, files=None, manifest=None):
    """Scan, draft and rewrite a settings file; return the new bytes and what was skipped."""
    raw = raw.encode() if isinstance(raw, str) else raw
    raws = {"manage.py": b"", "shop/__init__.py": b"", PATH: raw, **(files or {})}
    named = {
        variable
        for secret in (manifest.secret if manifest else ())
        for variable in secret.variables()
    }
    scan = scan_files("shop", list(raws), raws.get, named)
    manifest = draft(scan.findings, manifest, scan.facts)
    source = Source.from_bytes(PATH, raw)
    mine = [finding for finding in scan.findings if finding.path == PATH]
    result = wrap_secrets(source, mine, manifest, scan.facts.accessor_import(manifest))
    return apply_edits(raw, result.edits, source.encoding), result.skipped


def check(before, after, files=None):
    """Assert the result of a rewrite, and that a second rewrite changes nothing."""
    before = before.encode() if isinstance(before, str) else before
    after = after.encode() if isinstance(after, str) else after
    once, _ = rewritten(before, files)
    assert once == after
    assert rewritten(once, files)[0] == once
