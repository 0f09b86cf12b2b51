"""Which host names Tally answers to; this prevents DNS rebinding."""

import re
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from core.settings import get_settings

HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104
ANY = "*"


def is_allowed(host: str) -> bool:
    """Tell whether a Host header, with or without a port, is one of Tally's names."""
    match = HOST.fullmatch(host)
    if match is None:
        return False
    name = match[1].strip("[]").rstrip(".").lower()
    return bool({name, ANY} & _names()) or (_listens_everywhere() and _is_address(name))


def _names() -> frozenset[str]:
    settings = get_settings()
    own = {settings.host, urlsplit(settings.public_url or "").hostname or ""}
    more = {name.strip().strip("[]") for name in (settings.allowed_hosts or "").split(",")}
    machine = {socket.gethostname()} if _listens_everywhere() else set()
    return LOCAL | ({name.lower() for name in own | more | machine} - EVERYWHERE - {""})


def _listens_everywhere() -> bool:
    return get_settings().host in EVERYWHERE


def _is_address(name: str) -> bool:
    """Tell whether a name is an IP address, which no foreign name server can point here."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
