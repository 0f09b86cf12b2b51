"""Creates staff users who sign in during a benchmark, and deletes them afterwards."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape

import httpx2 as httpx

from benchmarks.command import Failed
from benchmarks.scratch import Place, execute
from core.actor import Actor
from core.db.engine import transaction
from core.manage import users
from core.sign_in import api_tokens

DOMAIN = "benchmark.example"
STAFF = 5
SECONDS = 60
HIDDEN_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@dataclass(frozen=True)
class People:
    """The addresses of the created users, their common password, and an API token."""

    emails: tuple[str, ...]
    password: str = field(repr=False)
    token: str = field(repr=False)

    async def sign_in(self, url: str, number: int) -> str:
        """Sign one of them in at a server, as a browser would; return the cookies of the session.

        Raises `Failed` when the server does not let them in.
        """
        who = {"email": self.emails[number % len(self.emails)], "password": self.password}
        async with httpx.AsyncClient(base_url=url, timeout=SECONDS) as client:
            try:
                page = await client.get("/sign-in")
                hidden = {name: unescape(value) for name, value in HIDDEN_FIELD.findall(page.text)}
                answer = await client.post("/sign-in", data={**hidden, **who})
            except httpx.TransportError as error:
                raise Failed(f"Nobody can sign in: {error!r}.") from error
            if answer.status_code != httpx.codes.SEE_OTHER:
                raise Failed(f"Nobody can sign in: the server answers {answer.status_code}.")
            return "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)


@contextmanager
def invited(place: Place, *, many: int = STAFF) -> Iterator[People]:
    """Create users for the duration of the block; one of them is a superuser.

    A person gets only one person's share of the server, so a benchmark of a crowd needs many.
    """
    _remove(place)  # users that a killed run left behind
    password = secrets.token_urlsafe()
    emails = tuple(f"person.{number}@{DOMAIN}" for number in range(max(many, STAFF)))
    try:
        yield People(emails, password, _create(emails, password))
    finally:
        _remove(place)


def _create(emails: tuple[str, ...], password: str) -> str:
    """Create the users; return an API token of the first one."""
    system = Actor.system("benchmark")
    with transaction() as db:
        rows = [
            users.create_user(
                db,
                actor=system,
                values={
                    "email": email,
                    "password": password,
                    "is_staff": True,
                    "is_superuser": email == emails[0],
                },
            )
            for email in emails
        ]
        first = Actor(rows[0].id, rows[0].email, is_staff=True, is_superuser=True)
        filters = {"name": "benchmark", "days": 1, "scopes": ["analytics:read"]}
        return api_tokens.create_token(db, actor=first, values=filters).token


def _remove(place: Place) -> None:
    execute(place.url, f"DELETE FROM \"user\" WHERE email LIKE '%@{DOMAIN}'")
