"""The embedded AWS: a local server for AWS clients, with the account in memory."""
