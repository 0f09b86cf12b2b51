"""The settings: one typed, frozen object, and the only reader of the environment."""

import os
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core import process
from core import sso_providers as providers
from core.sso_providers import Provider

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDERS = frozenset({"", "changethis", "changeme", "secret", "password", "postgres"})
MINIMUM_SECRET_KEY_LENGTH = 32


class Settings(BaseSettings):
    """Every setting of Tally, read from the environment and from `.env`; the environment wins.

    Outside `ENVIRONMENT=local`, creating it raises a `pydantic.ValidationError` that names each
    secret that is missing or still a placeholder.
    """

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    environment: Literal["local", "staging", "production"] = Field(
        "local",
        description="`local`, `staging` or `production`; local alone may use defaults for secrets",
    )
    host: str = Field("localhost", description="Address to listen on")
    port: int = Field(8501, ge=1, le=65535, description="Port to listen on")
    public_url: str | None = Field(
        None,
        description="Address that people type, behind a proxy; `https://` makes cookies Secure",
    )
    allowed_hosts: str | None = Field(
        None,
        description="More names that Tally answers to, with commas between them; `*` is any",
    )
    forwarded_allow_ips: str | None = Field(
        None,
        description="Addresses or networks of the proxies whose `X-Forwarded-` headers count",
    )
    data_path: Path = Field(ROOT / "data", description="Folder for all that Tally keeps on disk")
    parquet_data_path: Path | None = Field(
        None, description="Folder of the Parquet snapshots; default `parquet/` under `DATA_PATH`"
    )
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL to use; when not set, an embedded one starts under `DATA_PATH`",
    )
    secret_key: SecretStr = Field(
        SecretStr("changethis"),
        description="Signs form tokens; at least 32 characters; required outside local",
    )
    first_superuser: str = Field(
        "admin@example.com", description="Address of the superuser made on the first start"
    )
    first_superuser_password: SecretStr | None = Field(
        None,
        description="Password of the first superuser; local makes and shows a random one",
    )
    password_sign_in: bool = Field(
        True,
        description="`false` switches passwords off: people sign in with `SSO_PROVIDERS` alone",
    )
    sso_providers: Annotated[tuple[Provider, ...], NoDecode, BeforeValidator(providers.parse)] = (
        Field(
            (),
            description="Who else people can sign in with: a JSON list, see"
            " [below](#single-sign-on)",
        )
    )
    session_idle_hours: float = Field(
        12, gt=0, description="A session ends after so long without use"
    )
    session_absolute_days: float = Field(
        14, gt=0, description="A session ends so long after its sign-in"
    )
    open_pages_per_person: int = Field(
        20,
        ge=1,
        description="Open pages that one person may have; one more closes the one opened first",
    )
    api_requests_per_minute: int = Field(
        600, ge=1, description="Requests to the API that one token or session may make in a minute"
    )
    refresh_interval_minutes: float = Field(
        15, ge=0, description="Minutes between automatic refreshes; 0 turns them off"
    )
    refresh_workers: int | None = Field(
        None,
        ge=1,
        description="Threads that a refresh works in, and connections that it exports by;"
        " default one a core",
    )
    refresh_share: float = Field(
        0.1,
        gt=0,
        le=1,
        description="Share of the time in which an automatic refresh may keep PostgreSQL busy;"
        " 1 does not hold it back",
    )
    refresh_timeout_minutes: float = Field(
        60, gt=0, description="A refresh that takes longer is stopped; the last snapshot stays"
    )
    refresh_hold_drop_percent: float = Field(
        50,
        ge=0,
        le=100,
        description="A snapshot that lost more of a table's rows waits for a superuser's consent;"
        " 100 never waits",
    )
    keep_snapshots: int = Field(3, ge=1, description="Newest snapshots to keep on disk")
    keep_snapshots_hours: float = Field(
        1, ge=0, description="A snapshot younger than this is kept as well"
    )
    snapshot_group_readable: bool = Field(
        False,
        description="`true` lets the group of the account that runs Tally read the snapshots",
    )
    query_timeout_seconds: float = Field(
        10, gt=0, description="Time limit of one query, on PostgreSQL and on DuckDB"
    )
    watchdog_seconds: float = Field(
        60,
        ge=0,
        description="A process that makes no progress for so long ends itself, to be started anew;"
        " 0 lets it hang, as under a debugger",
    )
    duckdb_memory_limit: str = Field("1GB", description="Memory that DuckDB may use for queries")
    service_name: str = Field(
        "streamlit-analytics-app",
        description="Name in traces; the command-line export appends `-etl-script`",
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        None, description="OTLP/HTTP collector; when set, traces go there instead of the console"
    )
    otel_traces_exporter: Literal["console", "otlp", "none"] = Field(
        "console", description="`none` turns traces off"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe log line that is written"
    )

    @property
    def parquet_path(self) -> Path:
        """Absolute path of the folder of snapshots."""
        return (self.parquet_data_path or self.data_path / "parquet").absolute()

    @property
    def parallel_refresh(self) -> int:
        """How many threads a refresh works in, and whatever hashes a snapshot's files."""
        return self.refresh_workers or os.cpu_count() or 1

    @property
    def postgres_path(self) -> Path:
        """Absolute path of the embedded PostgreSQL's data folder."""
        return (self.data_path / "postgres").absolute()

    @property
    def https(self) -> bool:
        """Whether people reach Tally over https."""
        return (self.public_url or "").startswith("https://")

    @property
    def address(self) -> str:
        """The address that people type into a browser."""
        host = "localhost" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104
        return self.public_url or f"http://{host}:{self.port}"

    @model_validator(mode="after")
    def _refuse_placeholder_secrets(self) -> Self:
        if self.environment == "local":
            return self
        problems = [
            *_weak("SECRET_KEY", self.secret_key, minimum=MINIMUM_SECRET_KEY_LENGTH),
            *_weak_url("DATABASE_URL", self.database_url),
        ]
        if self.password_sign_in:
            password = self.first_superuser_password
            problems += _weak("FIRST_SUPERUSER_PASSWORD", password, minimum=10)
        if problems:
            raise ValueError(f"ENVIRONMENT={self.environment}: {'; '.join(problems)}")
        return self

    @model_validator(mode="after")
    def _refuse_unsafe_sign_in(self) -> Self:
        configured = self.sso_providers
        problems = []
        if not self.password_sign_in and not configured:
            problems.append(
                "PASSWORD_SIGN_IN is off and SSO_PROVIDERS is empty: nobody can sign in"
            )
        if len({provider.id for provider in configured}) < len(configured):
            problems.append("SSO_PROVIDERS: two providers have the same id")
        if configured and self.environment != "local":
            problems += [] if self.https else ["SSO_PROVIDERS need a PUBLIC_URL with https"]
            for one in configured:
                problems += [] if one.is_https else [f"SSO_PROVIDERS: {one.id} is not https"]
                problems += _weak(f"SSO_PROVIDERS: the secret of {one.id}", one.client_secret)
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _weak(name: str, secret: SecretStr | None, *, minimum: int = 1) -> list[str]:
    value = secret.get_secret_value() if secret else ""
    if not value:
        return [f"{name} is missing"]
    if value.lower() in PLACEHOLDERS:
        return [f"{name} is still a placeholder"]
    if len(value) < minimum:
        return [f"{name} is shorter than {minimum} characters"]
    return []


def _weak_url(name: str, url: SecretStr | None) -> list[str]:
    password = urlsplit(url.get_secret_value()).password if url else None
    # A URL needs no password: PostgreSQL also has password files, peer authentication and tokens.
    return _weak(name, SecretStr(password) if password else url)


def get_settings() -> Settings:
    """Return the process's settings; they are read once."""
    return process.resource(Settings)
