"""Settings: each one documented where people look for it, with its real default and meaning."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import SettingsConfigDict

from core.settings import ROOT, Settings
from core.sso_providers import Provider

SETTINGS = {name.upper(): field for name, field in Settings.model_fields.items()}
COMPOSE_ONLY = {"POSTGRES_PASSWORD"}  # of the PostgreSQL that docker-compose.yml starts
FIXED_IN_CONTAINER = {"HOST", "PORT", "DATA_PATH", "PARQUET_DATA_PATH"}
FIELD_ROW = re.compile(r"^\| `([a-z_]+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)
TABLE_ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)
EXAMPLE_LINE = re.compile(r"^(?:# )?([A-Z_]+)=(.*)$", re.MULTILINE)


def written_default(field: FieldInfo) -> str:
    """How the table writes a field's default."""
    default = field.default
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, Path):
        default = f"{default.relative_to(ROOT)}/"
    if isinstance(default, bool):
        default = str(default).lower()
    if default is PydanticUndefined:
        return "required"
    return "" if default in {None, ()} else f"`{default}`"


def test_the_table_has_every_setting_with_its_default_and_meaning() -> None:
    rows = TABLE_ROW.findall((ROOT / "docs/settings.md").read_text())

    assert {name: (default, meaning) for name, default, meaning in rows} == {
        name: (written_default(field), field.description) for name, field in SETTINGS.items()
    }


def test_the_table_of_providers_has_every_field() -> None:
    rows = FIELD_ROW.findall((ROOT / "docs/settings.md").read_text())

    assert {name: (default, meaning) for name, default, meaning in rows} == {
        name: (written_default(field), field.description)
        for name, field in Provider.model_fields.items()
    }


def test_the_example_of_a_provider_is_one() -> None:
    text = re.search(r"^SSO_PROVIDERS='(.*)'$", (ROOT / "docs/settings.md").read_text(), re.M)

    assert text
    (provider,) = Settings(_env_file=None, sso_providers=text[1]).sso_providers
    assert provider.id == "acme"


def test_the_example_has_every_setting_once() -> None:
    names = [name for name, _ in EXAMPLE_LINE.findall((ROOT / ".env.example").read_text())]

    assert sorted(names) == sorted([*SETTINGS, *COMPOSE_ONLY])


def test_the_example_can_be_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    example = (ROOT / ".env.example").read_text()
    shown = tmp_path / ".env"
    shown.write_text(re.sub(r"^# ([A-Z_]+=)", r"\1", example, flags=re.MULTILINE))

    class FromExample(Settings):
        model_config = SettingsConfigDict(env_file=shown)

    settings = FromExample()

    assert settings.environment == "local"
    assert settings.refresh_workers == 2


def test_the_container_is_given_every_setting() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())

    for service in ("prestart", "dashboard"):
        given = set(compose["services"][service]["environment"])
        assert given == set(SETTINGS) - FIXED_IN_CONTAINER
