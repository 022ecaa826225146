"""The report on one app: its data, and the formats of `shield report`."""
