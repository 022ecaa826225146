"""Run steps of a rotation in a child process, which can be killed."""

from __future__ import annotations

import multiprocessing
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.process import BaseProcess

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
FORKSERVER = multiprocessing.get_context("forkserver")
FORKSERVER.set_forkserver_preload(
    ["boto3", "botocore.config", "pg8000.native", "pymysql", "scramp", "shield_ai.rotator.handler"]
)


def start(
    environ: Mapping[str, str], secret: str, token: str, steps: tuple[str, ...] = STEPS
) -> BaseProcess:
    process = FORKSERVER.Process(target=run, args=(dict(environ), secret, token, steps))
    process.start()
    return process


def run(environ: dict[str, str], secret: str, token: str, steps: tuple[str, ...]) -> None:
    """Exit with 0 on success, 1 after a RotationError, and 2 after any other exception."""
    from shield_ai.rotator.errors import RotationError
    from shield_ai.rotator.handler import handler

    os.environ.clear()
    os.environ.update(environ)
    code = 2
    try:
        for step in steps:
            handler({"Step": step, "SecretId": secret, "ClientRequestToken": token}, None)
        code = 0
    except RotationError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        code = 1
    finally:
        sys.stderr.flush()
        os._exit(code)
