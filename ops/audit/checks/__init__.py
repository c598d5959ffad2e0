"""The hops that must balance: one file for each, and each gives one account."""
