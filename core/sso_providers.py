"""The providers of single sign-on, as the setting `SSO_PROVIDERS` describes them."""

import json
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

ISSUER_LENGTH = 255


def parse(value: object) -> object:
    """Parse a JSON list of providers; a `ValueError` quotes none of it, as it holds secrets."""
    if not isinstance(value, str):
        return value
    try:
        providers = json.loads(value)
    except ValueError as error:
        raise ValueError("This is not JSON.") from error
    if not isinstance(providers, list):
        raise ValueError("This is not a list of providers.")
    return providers


def _issuer(value: str) -> str:
    parts = urlsplit(value)
    plain = value.isascii() and value.isprintable() and not set(value) & {" ", "?", "#", "@"}
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        raise ValueError("This is not the address of an issuer.")
    return value


def _scopes(value: str) -> str:
    if "openid" not in value.split():
        raise ValueError("`openid` is not among the scopes.")
    return value


class Provider(BaseModel):
    """An OpenID Connect provider that people can sign in with."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")] = Field(
        description="Its name in addresses and in the audit: small letters, digits, `-`"
    )
    name: Annotated[str, Field(min_length=1, max_length=40)] = Field(
        description="What people know it by: *Sign in with* this"
    )
    issuer: Annotated[str, Field(max_length=ISSUER_LENGTH), AfterValidator(_issuer)] = Field(
        description="Its issuer, as in its discovery document; https outside local"
    )
    client_id: Annotated[str, Field(min_length=1)] = Field(description="What it calls Tally")
    client_secret: Annotated[SecretStr, Field(min_length=1)] = Field(
        description="What Tally proves itself with to it"
    )
    scopes: Annotated[str, AfterValidator(_scopes)] = Field(
        "openid email profile", description="What Tally asks it for"
    )
    link_by_email: bool = Field(
        False,
        description="Let people into the account that has their address, if the provider says that"
        " the address is verified",
    )
    create_users: bool = Field(
        False, description="Make an account at the first sign-in, for a verified address"
    )
    role_claim: str | None = Field(
        None,
        description="Claim with the names of people's roles or groups; when set, it decides at each"
        " sign-in who is staff and who is a superuser",
    )
    staff_role: str | None = Field(
        None, description="Role that makes staff; default everybody whom the provider signs in"
    )
    superuser_role: str | None = Field(
        None, description="Role that makes a superuser; default none does"
    )

    @property
    def is_https(self) -> bool:
        """Whether the issuer's address is https."""
        return self.issuer.startswith("https://")
