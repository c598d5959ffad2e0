"""Email addresses that are safe in a header and on an SMTP command line.

Nothing that holds a space, a bracket, a quote or a control character passes, so nothing can be smuggled in.
"""

import re
from typing import Annotated

from pydantic import AfterValidator

_LOCAL_PART = re.compile(r"[^\s\x00-\x20\x7f-\x9f()<>\[\]:;@\\,\"]{1,64}")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


def checked_address(address: str) -> str:
    """The address with its domain in ASCII (``ærø.dk`` becomes ``xn--r-3fa9c.dk``), or `ValueError`."""
    local, at, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    dots_are_sound = not (local.startswith(".") or local.endswith(".") or ".." in local)
    if not (at and dots_are_sound and _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        raise ValueError("not an email address that can be written to")  # never repeats the value
    return f"{local}@{domain}"


Address = Annotated[str, AfterValidator(checked_address)]


def needs_smtputf8(*addresses: str) -> bool:
    """Only a local part outside ASCII needs it (RFC 6531); domains have been made ASCII."""
    return not all(address.isascii() for address in addresses)
