from __future__ import annotations

from shield_ai.flow.draft.manifest_draft import draft_manifest_from_sites
from shield_ai.project.python_source import Source, apply_edits
from shield_ai.project.secret_map import expected_map
from shield_ai.rewrite.code_style import read_code_style
from shield_ai.rewrite.project.map_text import map_text
from shield_ai.rewrite.python.imports.importers import Importers
from shield_ai.rewrite.python.wrap.run import wrap_secrets
from shield_ai.rewrite.python.wrap.wrap_options import WrapOptions
from shield_ai.scan.python.app_scan import scan_files

PATH = "shop/settings.py"


def rewritten(raw, files=None, manifest=None):
    """Scan, draft and rewrite a settings file; return the new bytes and what was skipped."""
    after, skipped, _ = rewritten_and_drafted(raw, files, manifest)
    return after, skipped


def rewritten_and_drafted(raw, files=None, manifest=None):
    """Do what rewritten() does, and return the manifest as well."""
    raw = raw.encode() if isinstance(raw, str) else raw
    raws = {"manage.py": b"", "shop/__init__.py": b"", PATH: raw, **(files or {})}
    named = {
        variable
        for secret in (manifest.secret if manifest else ())
        for variable in secret.variables()
    }
    scan = scan_files("shop", list(raws), raws.get, named)
    manifest = draft_manifest_from_sites(scan.sites, manifest, scan.facts)
    source = Source.from_bytes(PATH, raw)
    mine = [(finding, site) for finding, site in scan.sites if finding.path == PATH]
    options = WrapOptions(
        importers=Importers(scan.python_files, raws.get), style=read_code_style(raws.get, PATH)
    )
    result = wrap_secrets(source, mine, manifest, scan.facts.accessor_import(manifest), options)
    return apply_edits(raw, result.edits, source.encoding), result.skipped, manifest


def map_file(manifest):
    """Return the path and the bytes of the map file for a manifest."""
    text = map_text(manifest.app.name, expected_map(manifest))
    return {manifest.app.runtime: text.encode()}


def check(before, after, files=None):
    """Assert the result of a rewrite, and that a second rewrite changes nothing."""
    before = before.encode() if isinstance(before, str) else before
    after = after.encode() if isinstance(after, str) else after
    once, _, manifest = rewritten_and_drafted(before, files)
    assert once == after, once.decode("latin-1")
    again, _, later = rewritten_and_drafted(once, {**(files or {}), **map_file(manifest)}, manifest)
    assert again == once, again.decode("latin-1")
    assert later == manifest
