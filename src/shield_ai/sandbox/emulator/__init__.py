"""The AWS emulator: a local server for AWS clients, with the account in memory."""
