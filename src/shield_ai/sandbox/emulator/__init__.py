"""The embedded AWS: a server that speaks its protocol, with the account kept in memory."""
