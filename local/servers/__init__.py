"""Real servers for the demo, the tests and the benchmark, each in one data folder of its own.

Nothing here is for production, and nothing outside `frafaldsvarsel`, `tests` and `bench` may import it.
"""
