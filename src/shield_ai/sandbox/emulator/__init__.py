"""The AWS emulator: a local server for AWS clients, with the account in memory."""

ACCOUNT = "123456789012"  # moto's account
