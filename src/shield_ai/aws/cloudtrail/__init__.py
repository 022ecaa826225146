"""What happened in the account: CloudTrail events and the audit made of them."""
