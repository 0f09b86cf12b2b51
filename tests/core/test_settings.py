"""Settings: typed, frozen, and strict about secrets outside local."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from core.settings import Settings

SAFE = {
    "environment": "production",
    "secret_key": "k" * 32,
    "first_superuser_password": "long enough to count",
    "database_url": "postgresql://tally:s3cret-thing@db/tally",
}


def build(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[arg-type, call-arg]


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
