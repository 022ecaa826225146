"""Timeouts in seconds, and the number of calls in one read."""

CONNECT_TIMEOUT = 2
READ_TIMEOUT = 5
ATTEMPTS = 3
