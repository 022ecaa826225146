"""The rotation strategies: the module of a strategy has its name."""
