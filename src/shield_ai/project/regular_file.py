"""Read regular files up to a size, so that a FIFO or a device cannot block or fill the memory."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from shield_ai.model.output_options import OUTPUT

if TYPE_CHECKING:
    from pathlib import Path

MAX_SIZE = 100_000_000  # bytes


def read_regular_file(path: Path, max_size: int = MAX_SIZE, *, follow_links: bool = True) -> bytes:
    """Return the content of a file.

    Args:
        path: The file.
        max_size: In bytes.
        follow_links: Whether the path itself may be a symbolic link.

    Raises:
        OSError: The file can't be read, is not a regular file, or is too large.
    """
    OUTPUT.log_file(str(path))
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    if not follow_links:
        flags |= os.O_NOFOLLOW
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)  # os.fdopen() would leave the descriptor of a folder open
        raise OSError(errno.EINVAL, "not a regular file")
    with os.fdopen(handle, "rb") as file:
        content = file.read(max_size + 1)
    if len(content) > max_size:
        raise OSError(errno.EFBIG, f"larger than {max_size // 1_000_000} MB")
    return content
