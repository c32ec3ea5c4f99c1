"""Addresses to listen on: ``host:port``, an IPv6 address in brackets."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import ClassVar

from pydantic.json_schema import JsonSchemaValue

from extender.config.kinds import Kind
from extender.config.values import FloatText, UnacceptableError, shown

_BIND = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]{2,45})\]|(?P<host>[^\s:\[\]]{1,253})):(?P<port>[0-9]{1,5})"
)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_LAST_PORT = 65535
_EVERYWHERE = ("0.0.0.0", "::")  # not bound to, only compared with


def split_bind(bind: str) -> tuple[str, int]:
    """Host (without brackets) and port of an address.

    Raises:
        UnacceptableError: It is not of the form ``host:port``.
    """
    match = _BIND.fullmatch(bind)
    port = int(match["port"]) if match else _LAST_PORT + 1
    if not match or port > _LAST_PORT:
        raise UnacceptableError(f"{shown(bind)} is not host:port")
    if match["v6"]:
        try:
            return str(ipaddress.IPv6Address(match["v6"])), port
        except ValueError:
            raise UnacceptableError(f"{shown(bind)} is not a valid IPv6 address and port") from None
    host = match["host"]
    if re.fullmatch(r"[0-9.]+", host):
        try:
            return str(ipaddress.IPv4Address(host)), port
        except ValueError:
            raise UnacceptableError(f"{shown(bind)} is not a valid IPv4 address and port") from None
    if not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise UnacceptableError(f"{shown(bind)} has no valid host name")
    return host, port


def collide(one: str, other: str) -> bool:
    """Whether two valid addresses cannot be listened on at once.

    Port 0 lets the system choose, so it collides with nothing.
    """
    (host, port), (other_host, other_port) = split_bind(one), split_bind(other)
    if port != other_port or port == 0:
        return False
    return host == other_host or host in _EVERYWHERE or other_host in _EVERYWHERE


@dataclass(frozen=True)
class Bind(Kind):
    """An address to listen on."""

    name: ClassVar[str] = "host:port"

    loopback: bool = False
    may_be_off: bool = False

    @property
    def accepted(self) -> str:
        """The form, and where it may point."""
        if self.loopback:
            return "host:port with a loopback address, such as 127.0.0.1:8890 or [::1]:8890"
        form = "host:port, such as 0.0.0.0:8888 or [::]:8888; port 0 for any free port"
        return f"{form}; empty for off" if self.may_be_off else form

    def read(self, value: object) -> str:
        """The address as it was written; "" for none."""
        if self.may_be_off and (value is None or (isinstance(value, str) and not value.strip())):
            return ""
        if not isinstance(value, str) or isinstance(value, FloatText):
            raise UnacceptableError(f"{shown(value)} is not host:port")
        bind = value.strip()
        host, _ = split_bind(bind)
        if self.loopback and not is_loopback(host):
            raise UnacceptableError(
                f"{shown(value)} is not a loopback address: what is shown there is for whoever"
                " may enter the pod",
            )
        return bind

    def schema(self) -> JsonSchemaValue:
        """A string that ends in a port, or nothing where it may be off."""
        if self.may_be_off:
            return {"type": ["string", "null"], "pattern": "^\\s*$|:[0-9]{1,5}\\s*$"}
        return {"type": "string", "pattern": ":[0-9]{1,5}\\s*$"}


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine, or this pod, reaches a host that ``split_bind`` gave."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
