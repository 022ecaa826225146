"""Add the imports that an edit needs, in the style of the file, and remove those left unused."""
