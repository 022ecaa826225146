"""Add requirements to the files of each packaging tool."""
