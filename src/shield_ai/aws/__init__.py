"""Everything that talks to AWS. One file a service; nothing outside imports boto3."""
