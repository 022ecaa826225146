"""Select and classify the files to scan."""
