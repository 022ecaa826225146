"""Plan the edits of files and the changes in AWS, and check what a plan requires."""
