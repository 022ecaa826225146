"""The addresses of the project."""

REPOSITORY = "https://github.com/shield-ai/shield-ai"
DOCUMENTATION = "https://shield-ai.readthedocs.io/en/latest/"
