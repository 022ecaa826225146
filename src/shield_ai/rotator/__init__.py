"""The rotation function: what Lambda runs, and `shield rotate` too. Nothing here imports from outside this folder."""
