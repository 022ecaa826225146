"""Colors, plurals and line widths for terminals."""
