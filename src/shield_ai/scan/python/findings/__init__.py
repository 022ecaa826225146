"""Turn the candidates of a file into findings, with the facts that a rewrite needs."""
