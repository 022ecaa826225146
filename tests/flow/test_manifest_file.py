from __future__ import annotations

import codecs

import msgspec
import pytest

from shield_ai.flow.manifest_file import manifest_edit, read_manifest, write_manifest
from shield_ai.model.manifest import Secret
from shield_ai.model.naming import MANIFEST
from shield_ai.project.tree import Tree

TEXT = b'# Ours\n[app]\nname = "shop"\n\n[[secret]]\nname = "mail-api-key"\nenv = "MAIL_API_KEY"\n'
NEW = b'\n[[secret]]\nname = "stripe-key"\nenv = "STRIPE_KEY"\n'


@pytest.mark.parametrize(
    "bom", [pytest.param(b"", id="plain"), pytest.param(codecs.BOM_UTF8, id="byte order mark")]
)
def test_the_bytes_of_shield_toml_are_kept(tmp_path, bom):
    tree = Tree(tmp_path)
    (tmp_path / MANIFEST).write_bytes(bom + TEXT)
    manifest = read_manifest(tree)
    assert write_manifest(tree, manifest, 1) == f"{MANIFEST}: no new secrets, 1 already listed"
    assert manifest_edit(manifest, tree.read) == []
    secret = Secret(name="stripe-key", env="STRIPE_KEY")
    manifest = msgspec.structs.replace(manifest, secret=(*manifest.secret, secret))
    [change] = manifest_edit(manifest, tree.read)
    assert [edit.replacement.encode() for edit in change.edits] == [NEW]
    assert write_manifest(tree, manifest, 1).startswith(f"{MANIFEST}: 1 secret added")
    assert (tmp_path / MANIFEST).read_bytes() == bom + TEXT + NEW
