"""Examples of credentials, made when they are needed, so that no file of ours holds anything that looks like one.

`{hex:32}` in a template stands for 32 random characters of a kind.
"""

from __future__ import annotations

import random
import re
import string

KINDS = {
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "alnum": string.ascii_letters + string.digits,
    "alpha": string.ascii_letters,
    "lower": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + "234567",
    "digit": string.digits,
    "b64": string.ascii_letters + string.digits + "+/",
    "url": string.ascii_letters + string.digits + "_-",
}
FIELD = re.compile(r"\{(hex|HEX|alnum|alpha|lower|upper|digit|b64|url):(\d{1,4})\}")


def fill(template: str, seed: int = 0) -> str:
    """Put random characters for each field; the same for the same seed.

    Args:
        template: With fields such as `{hex:32}`.
        seed: Of the generator, which is no secure one and need not be.
    """
    generator = random.Random(f"{seed} {template}")  # noqa: S311  # an example is no secret
    return FIELD.sub(
        lambda match: "".join(generator.choices(KINDS[match[1]], k=int(match[2]))), template
    )
