"""Real servers for the tests, one of each for a whole run; see tests/fixtures for how they are made."""

pytest_plugins = ["tests.fixtures.servers"]
