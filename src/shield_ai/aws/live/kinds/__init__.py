"""The kinds of AWS resources, one module each: ARN, permissions, calls and export formats."""
