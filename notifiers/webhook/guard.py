"""Which addresses a webhook may be sent to: public ones, and those that the operator has named.

Asked with the very address that is being connected to, so a name that answers differently the second time wins nothing.
"""

import socket
import tomllib
from collections.abc import Sequence
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, Final

Network = IPv4Network | IPv6Network
IpAddress = IPv4Address | IPv6Address

SPECIAL: Final = Path(__file__).with_name("special_addresses.toml")
_UNICAST: Final = ip_network("2000::/3")


class AddressForbidden(OSError):
    """The endpoint's name leads to an address that is not to be reached."""


def is_allowed(address: IpAddress, named: Sequence[Network]) -> bool:
    """Whether a webhook may go to `address`; `named` are the operator's own networks."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in named):
        return True
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return not any(address in network for network in set_aside())


@cache
def set_aside() -> tuple[Network, ...]:
    """By IANA's registries, and not by `is_global` of the library, which knows them as of its own release."""
    read = tomllib.loads(SPECIAL.read_text("utf-8"))
    return tuple(map(ip_network, (*read["ipv4"], *read["ipv6"])))


class AddressGuard:
    """Makes the sockets of one attempt, and remembers whether one was refused."""

    def __init__(self, named: Sequence[Network]) -> None:
        self._named = named
        self.refused = False

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for `info` (family, type, protocol, name, address); raises `AddressForbidden`."""
        family, kind, protocol, _, address = info
        if not is_allowed(ip_address(address[0].partition("%")[0]), self._named):
            self.refused = True
            raise AddressForbidden("not a public address, and not one that was named")
        return socket.socket(family, kind, protocol)
