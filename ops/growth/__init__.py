"""More partitions for people: everybody goes on in a partition of the next generation (docs/decisions/0069)."""
