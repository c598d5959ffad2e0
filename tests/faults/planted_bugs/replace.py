"""Puts a planted thing in the place of the real one."""


def replace_attribute(owner: object, name: str, value: object) -> None:
    """`value` in the place of what `owner` calls `name`, which must be there."""
    getattr(owner, name)
    setattr(owner, name, value)
