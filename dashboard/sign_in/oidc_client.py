"""A client for OpenID Connect: discovery, the authorization code flow and the ID token."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2 as httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, Field, ValidationError

from core.db.fields import parse
from core.db.models import EMAIL_LENGTH, SUBJECT_LENGTH
from core.errors import Invalid
from core.sign_in.account import NameChange
from core.sign_in.sso import Identity
from core.sign_in.sso_requests import Proofs
from core.sso_providers import Provider
from dashboard.web.bounded_client import BoundedTransport

SECONDS = 10.0  # time limit for all requests of one step of a sign-in
LEEWAY = 30  # seconds of clock skew
REMEMBERED_SECONDS = 300.0
# Only signatures with a private key. `none` proves nothing, and with HS256 a library may take the
# public key for the secret, so that anybody could sign.
SIGNATURES = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
KEY_TYPES = frozenset({"RSA", "EC", "OKP"})


class Unreachable(Exception):
    """The provider is unreachable, slow or returns errors; the message is for log and audit."""


class Untrusted(Exception):
    """The provider's response proves nothing; the message is for log and audit."""


class Metadata(BaseModel):
    """The provider metadata that Tally needs (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    id_token_signing_alg_values_supported: list[str] = ["RS256"]
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False


class Keys(BaseModel):
    """The keys that a provider publishes (a JWK Set, RFC 7517)."""

    keys: list[dict[str, Any]]


class Claims(BaseModel, extra="allow"):
    """The claims of an ID token that must be present and valid, or the token proves nothing."""

    iss: str
    sub: str = Field(pattern="^[ -~]+$", max_length=SUBJECT_LENGTH)
    aud: str | list[str]
    exp: float = Field(allow_inf_nan=False)
    iat: float = Field(allow_inf_nan=False)
    nonce: str
    azp: str | None = None
    at_hash: str | None = None


class OpenId:
    """The client of one provider."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._metadata: Metadata | None = None
        self._read_at = 0.0

    async def address(self, *, redirect_uri: str, proofs: Proofs) -> str:
        """Return the URL to redirect the browser to; raise `Unreachable` or `Untrusted`."""
        async with self._conversation() as client:
            metadata = await self._describe(client)
            url, _ = client.create_authorization_url(
                metadata.authorization_endpoint,
                redirect_uri=redirect_uri,
                state=proofs.state,
                nonce=proofs.nonce,
                code_verifier=proofs.verifier,
            )
            return str(url)

    async def identify(
        self, *, code: str, issuer: str | None, redirect_uri: str, proofs: Proofs
    ) -> Identity:
        """Exchange the code that the browser brought back for the identity of the person.

        `issuer` is the `iss` parameter of the callback (RFC 9207). Raises `Unreachable` or
        `Untrusted`.
        """
        async with self._conversation() as client:
            metadata = await self._describe(client)
            if (issuer or metadata.authorization_response_iss_parameter_supported) and (
                issuer != metadata.issuer
            ):
                raise Untrusted("the answer came from another issuer")
            basic = "client_secret_basic" in metadata.token_endpoint_auth_methods_supported
            client.token_endpoint_auth_method = (
                "client_secret_basic" if basic else "client_secret_post"
            )
            token = await client.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect_uri,
                code_verifier=proofs.verifier,
            )
            claims = await self._verify(client, metadata, token, proofs.nonce)
            return self._identity(await _completed(client, metadata, claims))

    @asynccontextmanager
    async def _conversation(self) -> AsyncIterator[Any]:
        """Open an HTTP client; every error becomes `Unreachable` or `Untrusted`."""
        provider = self.provider
        try:
            async with (
                asyncio.timeout(SECONDS),
                AsyncOAuth2Client(
                    provider.client_id,
                    provider.client_secret.get_secret_value(),
                    scope=provider.scopes,
                    code_challenge_method="S256",
                    timeout=SECONDS,
                    transport=BoundedTransport(),
                ) as client,
            ):
                yield client
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        except OAuthError as error:
            raise Untrusted(f"the provider says: {error.error}") from error
        except ValidationError as error:
            wrong = ", ".join(str(e["loc"][0]) for e in error.errors() if e["loc"])
            raise Untrusted(f"missing or malformed: {wrong}") from error
        except (JoseError, httpx.InvalidURL, ValueError, RecursionError) as error:
            raise Untrusted(f"{type(error).__name__}: {error}") from error

    async def _describe(self, client: Any) -> Metadata:
        """Return the provider's metadata, cached for five minutes."""
        known = self._metadata
        if known and time.monotonic() - self._read_at < REMEMBERED_SECONDS:
            return known
        address = get_well_known_url(self.provider.issuer, external=True)
        metadata = Metadata.model_validate(await _read(client, address))
        if metadata.issuer != self.provider.issuer:
            raise Untrusted("its description names another issuer")
        endpoints = [metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri]
        endpoints += [metadata.userinfo_endpoint] if metadata.userinfo_endpoint else []
        if self.provider.is_https and not all(e.startswith("https://") for e in endpoints):
            raise Untrusted("its description names an address without https")
        self._metadata, self._read_at = metadata, time.monotonic()
        return metadata

    async def _verify(
        self, client: Any, metadata: Metadata, token: dict[str, Any], nonce: str
    ) -> dict[str, Any]:
        """Verify the ID token (OpenID Connect Core 1.0, section 3.1.3.7) and return its claims."""
        signatures = SIGNATURES.intersection(metadata.id_token_signing_alg_values_supported)
        if not signatures:  # with an empty list, the library would use its own default
            raise Untrusted("it signs with nothing that proves anything")
        keys = _public_keys(await _read(client, metadata.jwks_uri))
        registry = JWSRegistry(algorithms=signatures, strict_check_header=False)
        decoded = jwt.decode(str(token.get("id_token")), keys, registry=registry)
        claims = CodeIDToken(
            Claims.model_validate(decoded.claims).model_dump(exclude_unset=True),
            decoded.header,
            {
                "iss": {"essential": True, "value": self.provider.issuer},
                "aud": {"essential": True, "value": self.provider.client_id},
            },
            {
                "nonce": nonce,
                "client_id": self.provider.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=LEEWAY)
        return dict(claims)

    def _identity(self, claims: dict[str, Any]) -> Identity:
        return Identity(
            issuer=self.provider.issuer,
            subject=claims["sub"],
            email=_line(claims.get("email"), EMAIL_LENGTH),
            is_verified=claims.get("email_verified") is True,
            full_name=_name(claims.get("name")),
            roles=_roles(claims.get(self.provider.role_claim or "")),
        )


async def _completed(client: Any, metadata: Metadata, claims: dict[str, Any]) -> dict[str, Any]:
    """Add claims from the userinfo endpoint, as some providers return the address only there."""
    if "email" in claims or metadata.userinfo_endpoint is None:
        return claims
    more = await _read(client, metadata.userinfo_endpoint, withhold_token=False)
    if more.get("sub") != claims["sub"]:  # OpenID Connect Core 1.0, section 5.3.2
        raise Untrusted("its userinfo speaks of another subject")
    return {**more, **claims}


async def _read(client: Any, address: str, *, withhold_token: bool = True) -> dict[str, Any]:
    response = await client.request("GET", address, withhold_token=withhold_token)
    response.raise_for_status()
    value = response.json()
    if not isinstance(value, dict):
        raise Untrusted("an answer is not a JSON object")
    return value


def _public_keys(value: dict[str, Any]) -> KeySet:
    """Return the provider's public keys; shared secrets are left out."""
    keys = [key for key in Keys.model_validate(value).keys if key.get("kty") in KEY_TYPES]
    return KeySet.import_key_set({"keys": keys})


def _name(claim: object) -> str | None:
    """Return a name as it is stored, or None if it is invalid: that must not stop a sign-in."""
    with suppress(Invalid):
        return parse(NameChange, {"full_name": claim}).full_name
    return None


def _line(claim: object, length: int) -> str | None:
    text = claim.strip() if isinstance(claim, str) else ""
    return text if text and text.isprintable() and len(text) <= length else None


def _roles(claim: object) -> frozenset[str]:
    values = claim if isinstance(claim, list) else [claim]
    return frozenset(value for value in values if isinstance(value, str))
