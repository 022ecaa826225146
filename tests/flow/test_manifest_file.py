from __future__ import annotations

import codecs

import msgspec
import pytest

from shield_ai.flow.manifest_file import manifest_edit, read_manifest, write_manifest
from shield_ai.model.errors import ManifestError
from shield_ai.model.manifest import Secret
from shield_ai.model.naming import MANIFEST
from shield_ai.project.python_source import apply_edits
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


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("", id="no newline"),
        pytest.param("\n", id="newline"),
        pytest.param("\n\n", id="blank line"),
        pytest.param("\n\n\n\n", id="blank lines"),
        pytest.param("\r\n\r\n\r\n", id="blank lines of Windows"),
    ],
)
def test_a_secret_is_appended_after_any_end(tmp_path, end):
    tree = Tree(tmp_path)
    old = f'[app]\nname = "shop"{end}'.encode()
    (tmp_path / MANIFEST).write_bytes(old)
    secret = Secret(name="stripe-key", env="STRIPE_KEY")
    manifest = msgspec.structs.replace(read_manifest(tree), secret=(secret,))
    [change] = manifest_edit(manifest, tree.read)
    new = apply_edits(old, change.edits)
    assert new.startswith(old)
    assert new[len(old) :].lstrip().startswith(b"[[secret]]")
    (tmp_path / MANIFEST).write_bytes(new)
    assert read_manifest(tree) == manifest


@pytest.mark.parametrize("value", ["p4sswordZq81xv", "e7f1aacd90b3e", "AKIA" + "IOSFODNN7EXAMPLA"])
@pytest.mark.parametrize("key", ["env", "fields"])
def test_a_value_in_place_of_a_variable_is_not_shown(tmp_path, key, value):
    entry = f'env = "{value}"' if key == "env" else f'fields = {{token = "{value}"}}'
    (tmp_path / MANIFEST).write_text(f'[app]\nname = "shop"\n[[secret]]\nname = "a"\n{entry}\n')
    with pytest.raises(ManifestError) as raised:
        read_manifest(Tree(tmp_path))
    assert raised.value.message == f"{MANIFEST}:5: {key} has a value instead of a variable"
    assert value not in raised.value.hint
