"""Connections to the outside only: an address is looked up once, judged, and that very address is connected to."""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpcore

NAT64 = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as an IPv6-only network writes them (RFC 6052)."""


class InternalAddress(Exception):
    """The name stands (also) for an address that is not on the public Internet. It names neither of them."""


class OutsideNetwork(httpcore.AsyncNetworkBackend):
    """What httpcore opens connections with. TLS still checks the certificate against the name."""

    def __init__(self, *, allow_internal: bool = False) -> None:
        self._allow_internal = allow_internal
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connects to the first address of the host that answers. Raises InternalAddress if any of them is internal."""
        addresses = await _addresses(host, port)
        if not self._allow_internal and not all(map(is_public, addresses)):
            raise InternalAddress
        for last, address in enumerate(addresses, 1 - len(addresses)):
            try:
                return await self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                if not last:
                    raise
        raise httpcore.ConnectError("the name stands for no address")

    async def sleep(self, seconds: float) -> None:
        """Waits, for httpcore's own retries."""
        await asyncio.sleep(seconds)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether anyone on the Internet could reach this address; an IPv4 address inside of it is judged, too."""
    if isinstance(address, IPv6Address):
        inner = IPv4Address(address.packed[-4:]) if address in NAT64 else address.ipv4_mapped
        if inner is not None:
            return is_public(inner)
        if address.sixtofour is not None or address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


async def _addresses(host: str, port: int) -> list[IPv4Address | IPv6Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as problem:
        raise httpcore.ConnectError("the name is not known") from problem
    # A link-local address comes with its interface: fe80::1%eth0.
    return [ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found]
