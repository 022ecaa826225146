"""Format results as text, JSON, SARIF, Markdown and HTML. The CLI prints them."""
