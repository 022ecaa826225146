"""Fill the examples of rules with random characters: scanners would report real-looking values.

The field `{hex:32}` of a template stands for 32 random hexadecimal digits.
"""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    import re

ALPHABETS = {
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "alnum": string.ascii_letters + string.digits,
    "alpha": string.ascii_letters,
    "lower": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + "234567",
    "base58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "bech32": "023456789acdefghjklmnpqrstuvwxyz",
    "digit": string.digits,
    "b64": string.ascii_letters + string.digits + "+/",
    "url": string.ascii_letters + string.digits + "_-",
}
FIELD = regex(r"\{(hex|HEX|alnum|alpha|lower|upper|base58|bech32|digit|b64|url):(\d{1,4})\}")


def fill(template: str, seed: int = 0) -> str:
    """Replace the fields of a template with random characters.

    Args:
        template: A text with fields such as `{hex:32}`.
        seed: The same seed gives the same text.
    """
    generator = random.Random(f"{seed} {template}")  # noqa: S311 - examples are not secrets

    def random_characters(match: re.Match[str]) -> str:
        return "".join(generator.choices(ALPHABETS[match[1]], k=int(match[2])))

    return FIELD.sub(random_characters, template)
