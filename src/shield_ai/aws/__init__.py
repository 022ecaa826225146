"""Describe, read, change, export and price the AWS resources of an app."""
