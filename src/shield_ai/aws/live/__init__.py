"""The account as it is: readers and writers for each kind of resource."""
