from __future__ import annotations

import logging
import logging.config

import pytest

from shield_runtime import log


@pytest.mark.parametrize(("write", "level"), [(log.warn, "WARNING"), (log.inform, "INFO")])
def test_messages_survive_a_configuration_that_disables_loggers(write, level, caplog):
    """Django applies LOGGING after the settings, which may have logged the first message."""
    caplog.set_level(logging.INFO, "shield_runtime")
    write("first %s", "message")
    logging.getLogger("shield_runtime").disabled = True  # as dictConfig() does
    write("second %s", "message")
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        (level, "first message"),
        (level, "second message"),
    ]
