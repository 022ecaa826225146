"""The rotation strategies. The strategy `random-value` is the module `random_value`, and so on."""
