"""The web server: it opens its sockets before anything slow starts, and shuts down cleanly."""

import errno
import logging
import resource
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module

import uvicorn

from core.errors import TallyError
from core.settings import get_settings
from dashboard.limits.patience import PatientProtocol, WaitedFor
from dashboard.process.liveness import Liveness

MODULE = "dashboard.asgi"
BACKLOG = 512
SHUTDOWN_SECONDS = 5
# Clients that make the server wait may use a quarter of its file descriptors; the rest is for
# clients that are served.
WAITED_FOR_SHARE, MOST_WAITED_FOR = 4, 2_000


def listen(host: str, port: int) -> list[socket.socket]:
    """Return listening sockets for all addresses of `host`; raise `TallyError` if one is in use.

    Clients that connect before the server is ready wait in the backlog and are not refused.
    """
    sockets: list[socket.socket] = []
    try:
        for family, address in _addresses(host, port):
            opened = _open(family, address)
            sockets += [opened] if opened else []
    except OSError as error:
        close(sockets)
        raise TallyError(_reason(error, host, port)) from error
    if not sockets:
        raise TallyError(f"This machine has no address {host} to listen on; set HOST.")
    return sockets


def close(sockets: list[socket.socket]) -> None:
    """Close sockets that no server has taken over."""
    for opened in sockets:
        opened.close()


class Server(uvicorn.Server):
    """A server that calls `ready` when it accepts requests, so that its address can be printed."""

    def __init__(
        self, config: uvicorn.Config, *, ready: Callable[[], None], liveness: Liveness
    ) -> None:
        super().__init__(config)
        self.liveness = liveness
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the server, then call `ready`."""
        await super().startup(sockets)
        self._ready()


def load(*, ready: Callable[[], None]) -> Server:
    """Import the app, which sets up logging and tracing; return its server, not yet running."""
    config = configure()
    config.load()
    _use_one_log()
    return Server(config, ready=ready, liveness=import_module(MODULE).served.liveness)


def configure() -> uvicorn.Config:
    """Return uvicorn's configuration; only configured proxies may set forwarded headers."""
    proxies = (get_settings().forwarded_allow_ips or "").replace(" ", "")
    return uvicorn.Config(
        f"{MODULE}:app",
        # uvloop lets a page's thread send without releasing the interpreter lock, and turns Nagle's
        # algorithm off. With asyncio's loop, each chunk of a page waits for both.
        loop="uvloop",
        http=partial(PatientProtocol, waited_for=WaitedFor(_most_waited_for())),  # type: ignore[arg-type]
        log_config=None,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        ws_per_message_deflate=False,  # saves only 40 kB and is a quarter of the cost of a page
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


def run(server: Server, sockets: list[socket.socket]) -> None:
    """Serve until SIGINT or SIGTERM; raise `TallyError` if the app cannot start or go on."""
    # uvicorn raises the signal again after the shutdown; here it has done its work.
    with suppress(KeyboardInterrupt):
        server.run(sockets)
    if not server.started:
        raise TallyError("Tally did not start; the lines above say why.")
    if server.liveness.gave_up is not None:
        raise TallyError(server.liveness.gave_up)


def raise_descriptors() -> int:
    """Raise the limit of open files to the hard limit; return the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # some systems refuse even the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return soft if soft != resource.RLIM_INFINITY else MOST_WAITED_FOR * WAITED_FOR_SHARE


def _most_waited_for() -> int:
    return min(MOST_WAITED_FOR, raise_descriptors() // WAITED_FOR_SHARE)


def _use_one_log() -> None:
    """Send all log lines to the root's handler, which escapes them; drop uvicorn's access log.

    Importing Streamlit gives its own and uvicorn's loggers a handler of Streamlit's. Requests leave
    spans instead of access log lines.
    """
    for logger in map(logging.getLogger, list(logging.root.manager.loggerDict)):
        logger.handlers.clear()
        logger.propagate = logger.name != "uvicorn.access"


def _addresses(host: str, port: int) -> list[tuple[int, tuple[object, ...]]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _open(family: int, address: tuple[object, ...]) -> socket.socket | None:
    """Open a listening socket; return None if the machine lacks IPv6 or IPv4."""
    try:
        opened = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(address)
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRNOTAVAIL:
            return None
        raise
    return opened


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use; set PORT to another one."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this account; set PORT to one above 1023."
    return f"Tally cannot listen on {host}, port {port}: {error.strerror}; set HOST and PORT."
