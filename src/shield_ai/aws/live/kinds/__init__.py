"""The kinds of AWS resources, one module each: permissions, ARN, client, and export formats."""
