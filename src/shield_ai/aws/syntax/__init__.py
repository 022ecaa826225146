"""The syntax of the export formats, for the kinds of resources."""
