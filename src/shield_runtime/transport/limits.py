"""Timeouts in seconds, and the maximum number of attempts for one read."""

CONNECT_TIMEOUT = 2
READ_TIMEOUT = 5
ATTEMPTS = 3
