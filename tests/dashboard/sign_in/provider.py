"""A provider of single sign-on that lies as it is told: a real server, which signs for itself."""

import base64
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx2 as httpx
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import select
from starlette.testclient import TestClient

from core.db import engine
from core.db.models import AuditEvent

ERROR = re.compile(r'role="alert">([^<]*)<')
ID, NAME = "acme", "Acme"
CLIENT_ID, CLIENT_SECRET = "tally", "a-secret-of-acme"
PERSON = {"sub": "248289761001", "email": "ann@example.com", "email_verified": True, "name": "Ann"}
Answer = tuple[int, bytes]


@dataclass
class Provider:
    """What the provider says; each test changes what it is about."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    person: dict[str, Any] = field(default_factory=lambda: dict(PERSON))
    userinfo: dict[str, Any] = field(default_factory=dict)
    header: dict[str, str] = field(default_factory=lambda: {"alg": "RS256", "kid": "1"})
    description: dict[str, Any] = field(default_factory=dict)
    keys: list[dict[str, Any]] | None = None
    forgets_codes: bool = True
    answers: dict[str, Callable[[], Answer]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def setting(self, **options: object) -> str:
        """The value of `SSO_PROVIDERS` that makes Tally know this provider."""
        known = {
            "id": ID,
            "name": NAME,
            "issuer": self.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        return json.dumps([known | options])

    def discovery(self) -> dict[str, Any]:
        """The discovery document."""
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return told | self.description

    def public_keys(self) -> dict[str, Any]:
        """The keys that its signatures can be checked with."""
        if self.keys is not None:
            return {"keys": self.keys}
        return {**KeySet([self.key]).as_dict(private=False)}

    def authorize(self, asked: dict[str, str]) -> str:
        """Sign the person in, and return where the browser is sent back to."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchange(self, fields: dict[str, str], authorization: str) -> Answer:
        """Give tokens for a code, to whoever has the secret and the verifier."""
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        by_post = fields.get("client_secret") == CLIENT_SECRET
        if authorization != f"Basic {basic}" and not by_post:
            return 401, b'{"error": "invalid_client"}'
        find = self.codes.pop if self.forgets_codes else self.codes.get
        asked = find(fields["code"], None)
        digest = hashlib.sha256(fields["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != fields["redirect_uri"]
        ):
            return 400, b'{"error": "invalid_grant"}'
        token = {"access_token": "opaque", "token_type": "Bearer", "expires_in": 3600}
        return 200, json.dumps(token | {"id_token": self.id_token(asked["nonce"])}).encode()

    def id_token(self, nonce: str) -> str:
        """Sign what the provider says of the person; what is None is left out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.person,
        }
        said = {name: value for name, value in claims.items() if value is not None}
        if self.header["alg"] == "RS256":
            return jwt.encode(self.header, said, self.key)
        return forged(self.header, said)


def forged(header: dict[str, str], claims: dict[str, Any]) -> str:
    """An ID token that is signed with nothing."""
    parts = (json.dumps(part).encode() for part in (header, claims))
    return ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts) + "."


@contextmanager
def providing() -> Iterator[Provider]:
    """Run a provider on a free port of this machine."""
    provider = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    server.daemon_threads = True
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join()


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            provider.asked.append(url.path)
            if url.path in provider.answers:
                self._answer(*provider.answers[url.path]())
            elif url.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(dict(parse_qsl(url.query))))
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                documents: dict[str, Callable[[], dict[str, Any]]] = {
                    "/.well-known/openid-configuration": provider.discovery,
                    "/jwks": provider.public_keys,
                    "/userinfo": lambda: provider.userinfo,
                }
                self._answer(200, json.dumps(documents[url.path]()).encode())

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.path in provider.answers:
                self._answer(*provider.answers[self.path]())
            else:
                authorization = self.headers.get("Authorization", "")
                self._answer(*provider.exchange(dict(parse_qsl(body)), authorization))

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            for name, value in provider.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:  # the client stopped reading
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


def leave(client: TestClient, **query: str) -> httpx.Response:
    """Press *Sign in with Acme*."""
    return client.get(f"/sign-in/with/{ID}", params=query)


def sign_in_there(left: httpx.Response) -> str:
    """Sign in at the provider; return the path and query that it sends the browser back to."""
    answer = httpx.get(left.headers["location"])
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def go(client: TestClient, **query: str) -> httpx.Response:
    """Go to the provider, sign in there and come back."""
    return client.get(sign_in_there(leave(client, **query)))


def asked(left: httpx.Response) -> dict[str, str]:
    """What Tally sends the provider, by name."""
    query = parse_qs(urlsplit(left.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


def error(page: str) -> str:
    """What the page says went wrong."""
    return str(ERROR.findall(page)[0]).replace("&#39;", "'")


def last_event() -> AuditEvent:
    """The newest audit row."""
    with engine.transaction() as db:
        return db.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
