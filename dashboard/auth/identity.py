"""The fields of an actor, as headers that the gate sets and as keys that a page reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from core.actor import Actor

PRINTABLE = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")


@dataclass(frozen=True)
class _Field:
    """A field of an actor, its header, and its key in `st.user`."""

    name: str
    header: str
    key: str
    parse: Callable[[str], object] = str


FIELDS = (
    _Field("id", "X-Tally-User-Id", "tally_user_id", int),
    _Field("session_id", "X-Tally-Session-Id", "tally_session_id", int),
    _Field("email", "X-Tally-Email", "email"),
    _Field("full_name", "X-Tally-Name", "name"),
    _Field("is_superuser", "X-Tally-Is-Superuser", "tally_is_superuser", "1".__eq__),
    _Field("address", "X-Tally-Address", "address"),
)
USER_HEADERS = {field.header: field.key for field in FIELDS}


def identity_headers(actor: Actor) -> list[tuple[bytes, bytes]]:
    """Return the headers about a verified user, in ASCII."""
    values = ((field.header.lower(), getattr(actor, field.name)) for field in FIELDS)
    # Headers must be ASCII and names are not, so other characters are percent-encoded.
    return [
        (header.encode(), quote(_text(value), safe=PRINTABLE).encode())
        for header, value in values
        if value is not None
    ]


def read_actor(user: Mapping[str, object]) -> Actor | None:
    """Return the actor in `st.user`, or None if the gate set no headers."""
    texts = {field: unquote(str(user.get(field.key) or "")) for field in FIELDS}
    values = {field.name: field.parse(text) for field, text in texts.items() if text}
    if "id" not in values or "email" not in values:
        return None
    return Actor(**values, is_staff=True)  # type: ignore[arg-type]  # the gate lets only staff in


def _text(value: object) -> str:
    return str(int(value) if isinstance(value, bool) else value)
