"""Who is at the terminal: the account by its number's entry, never by the environment, which anybody may set."""

import os
import pwd


def account() -> str:
    """The account's name, or its number where it has none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
