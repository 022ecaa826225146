"""The nouns of the tool: frozen structures without I/O."""
