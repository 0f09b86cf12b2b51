"""Settings: typed, frozen, and strict about secrets outside local."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.settings import Settings

SAFE = {
    "environment": "production",
    "secret_key": "k" * 32,
    "first_superuser_password": "long enough to count",
    "database_url": "postgresql://tally:s3cret-thing@db/tally",
}


def build(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_local_needs_nothing() -> None:
    settings = build(environment="local")
    assert settings.address == "http://localhost:8501"
    assert settings.parquet_path.name == "parquet"
    assert settings.parquet_path.is_absolute()


def test_production_accepts_real_secrets() -> None:
    assert build(**SAFE).environment == "production"


@pytest.mark.parametrize("address", ["tally@db", "tally:@db", "db"])
def test_a_database_may_know_tally_without_a_password(address: str) -> None:
    assert build(**{**SAFE, "database_url": f"postgresql://{address}/tally"}).database_url


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"secret_key": "changethis"}, "SECRET_KEY is still a placeholder"),
        ({"secret_key": ""}, "SECRET_KEY is missing"),
        ({"secret_key": "k" * 31}, "SECRET_KEY is shorter than 32"),
        ({"first_superuser_password": None}, "FIRST_SUPERUSER_PASSWORD is missing"),
        ({"first_superuser_password": "changethis"}, "FIRST_SUPERUSER_PASSWORD is still a pl"),
        ({"database_url": None}, "DATABASE_URL is missing"),
        ({"database_url": "postgresql://u:changethis@db/x"}, "DATABASE_URL is still a placeholder"),
        ({"database_url": "postgresql://u:postgres@db/x"}, "DATABASE_URL is still a placeholder"),
    ],
)
@pytest.mark.parametrize("environment", ["staging", "production"])
def test_elsewhere_a_weak_secret_stops_the_start_and_is_named_but_not_shown(
    change: dict[str, object], complaint: str, environment: str
) -> None:
    with pytest.raises(ValidationError, match=complaint) as refused:
        build(**{**SAFE, "environment": environment, **change})
    assert "s3cret-thing" not in str(refused.value)


PROVIDER = {
    "id": "acme",
    "name": "Acme",
    "issuer": "https://id.example.com",
    "client_id": "tally",
    "client_secret": "s3cret-of-acme",
}
OTHER = {"id": "other", "scopes": "openid groups"}
PUBLIC = {"public_url": "https://tally.example.com"}


def providers(*changes: dict[str, object]) -> str:
    return json.dumps([PROVIDER | change for change in changes])


def test_providers_come_as_json() -> None:
    settings = build(
        **SAFE, **PUBLIC, sso_providers=providers({}, {"id": "other", "scopes": "openid groups"})
    )
    assert [p.id for p in settings.sso_providers] == ["acme", "other"]
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"issuer": "http://id.example.com"}, "acme is not https"),
        ({"issuer": "https://"}, "not the address of an issuer"),
        ({"issuer": "https://id.example.com?x=1"}, "not the address of an issuer"),
        ({"issuer": "ftp://id.example.com"}, "not the address of an issuer"),
        ({"client_secret": ""}, "client_secret"),
        ({"client_secret": "changethis"}, "secret of acme is still a placeholder"),
        ({"scopes": "email"}, "`openid` is not among the scopes"),
        ({"id": "Acme/../x"}, "id"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_provider_that_is_not_safe_stops_the_start(
    change: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint) as refused:
        build(**SAFE, **PUBLIC, sso_providers=providers(change))
    assert "s3cret-of-acme" not in str(refused.value)


@pytest.mark.parametrize("text", ["{", '{"client_secret": "s3cret"}', "s3cret", "[1]"])
def test_what_is_no_list_of_providers_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        build(sso_providers=text)
    assert "s3cret" not in str(refused.value)
    assert "sso_providers" in str(refused.value)


def test_two_providers_of_one_id_are_refused() -> None:
    with pytest.raises(ValidationError, match="two providers have the same id"):
        build(sso_providers=providers({}, {}))


def test_providers_need_an_https_address_outside_local() -> None:
    with pytest.raises(ValidationError, match="PUBLIC_URL with https"):
        build(**SAFE, sso_providers=providers({}))
    assert build(sso_providers=providers({"issuer": "http://localhost:9400"})).sso_providers


def test_without_passwords_there_has_to_be_a_provider_and_no_first_password() -> None:
    with pytest.raises(ValidationError, match="nobody can sign in"):
        build(password_sign_in=False)
    given = {**SAFE, **PUBLIC, "first_superuser_password": None, "password_sign_in": False}
    assert not build(**given, sso_providers=providers({})).password_sign_in


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        build().port = 1  # type: ignore[misc]


def test_secrets_do_not_show() -> None:
    assert "s3cret-thing" not in repr(build(**SAFE))


def test_parquet_has_a_path_of_its_own(tmp_path: Path) -> None:
    assert build(data_path=tmp_path).parquet_path == tmp_path / "parquet"
    assert build(parquet_data_path=tmp_path / "pq").parquet_path == tmp_path / "pq"


def test_an_https_address_makes_it_https() -> None:
    assert build(public_url="https://tally.example.com").https
    assert not build(public_url="http://tally.example.com").https
    assert not build().https
