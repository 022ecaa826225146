"""The app on disk: its files, layout, values and git repository."""
