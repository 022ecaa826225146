"""Draft shield.toml: which secrets an app has, and where their values come from."""
