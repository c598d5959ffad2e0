"""Which addresses a webhook may be sent to: public ones, and those that the operator has named.

Asked with the very address that is being connected to, so a name that answers differently the second time wins nothing.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

Network = IPv4Network | IPv6Network
IpAddress = IPv4Address | IPv6Address

_NEVER: Final = tuple(
    map(
        ip_network,
        (
            "64:ff9b::/32",  # translation to IPv4: what stands behind it cannot be seen (RFC 6052, RFC 8215)
            "2002::/16",  # 6to4
            "192.88.99.0/24",  # its relays
            "fec0::/10",  # site-local, deprecated, and still routed in places
        ),
    )
)


class AddressForbidden(OSError):
    """The endpoint's name leads to an address that is not to be reached."""


def is_allowed(address: IpAddress, named: Sequence[Network]) -> bool:
    """Whether a webhook may go to `address`; `named` are the operator's own networks."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in named):
        return True
    if any(address in network for network in _NEVER):
        return False
    return address.is_global and not address.is_multicast


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
