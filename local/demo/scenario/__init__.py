"""The demo's input: a made-up autumn, the same for the same seed, and an independent count of its end.

Nothing here is a real person, and nothing here is used by the service.
"""
