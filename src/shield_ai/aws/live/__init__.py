"""Read and change the current state of an AWS account, with one module per service."""
