"""Find secrets: files in, findings out."""
