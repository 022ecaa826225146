"""Determine the keys that code uses to read a configuration."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import Meaning
from shield_ai.model.words import word_set, words
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.python.config.names import key_meaning

if TYPE_CHECKING:
    from collections.abc import Iterable

# A constant such as API_KEY, with one of these words before KEY, refers to a secret. A constant
# such as CONFIG_KEY refers to the key of any value.
SECRET_KEYS = word_set("API SECRET PRIVATE ACCESS ENCRYPTION SIGNING LICENSE AUTH")
URLS = frozenset({Meaning.URL, Meaning.DSN})


class Keys:
    """Resolves the keys in a module, which can be constants.

    Args:
        tree: The module.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._constants: dict[str, str] = {}
        for node in tree.body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                text = literal_text(node.value)
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if text is not None:
                    names = (target.id for target in targets if isinstance(target, ast.Name))
                    self._constants.update(dict.fromkeys(names, text))

    def text(self, node: ast.expr) -> str:
        """Return the constant text of a key, or else the name of its constant; empty if unknown."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else ""
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._constant(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return self.text(node.left).replace("%s", "")
        if isinstance(node, ast.JoinedStr):
            texts = [part.value for part in node.values if isinstance(part, ast.Constant)]
            return "".join(map(str, texts))
        return ""

    def _constant(self, node: ast.Name | ast.Attribute) -> str:
        """Return the text of a constant of the module.

        Otherwise, return its name if the name is in upper case and can mean a secret, or "".
        """
        if isinstance(node, ast.Name) and node.id in self._constants:
            return self._constants[node.id]
        name = node.id if isinstance(node, ast.Name) else node.attr
        parts = words(name)
        is_any_key = parts[-1:] == ("KEY",) and SECRET_KEYS.isdisjoint(parts[-2:-1])
        return name if name.isupper() and not is_any_key else ""

    def secrets(self, arguments: Iterable[ast.expr]) -> list[str]:
        """Return the arguments that are keys of secrets.

        Without one, return `section.key` if it is the key of a URL.
        """
        texts = [*map(self.text, arguments)]
        names = [text for text in texts if key_meaning(text) is not Meaning.HARMLESS]
        path = ".".join(texts[:2])  # of get("database", "url")
        if not names and all(texts[:2]) and key_meaning(path) in URLS:
            names.append(path)
        return names
