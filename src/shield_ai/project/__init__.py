"""The user's app on disk: its files, layout, Git state and values."""
