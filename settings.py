"""Settings, all from `TRELLIS_*` variables. The Temporal connection has its own: see temporalio.envconfig."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent
LOCAL_KEY = "local-mode-only-not-a-secret-local-mode-only"


class Settings(BaseSettings):
    """What worker, web and starter share. A wrong value is told at start, by the name of its variable."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", frozen=True, extra="ignore")

    local: bool = True
    """Local mode: the outbox reader and skipping ahead are served, and a well-known link key is allowed."""
    base_url: str = "http://127.0.0.1:8000"
    """Where people reach the web app. Links are built from it and never from a Host header."""
    link_keys: Annotated[tuple[SecretStr, ...], NoDecode] = (SecretStr(LOCAL_KEY),)
    """Comma-separated keys that sign links, each of 32 characters or more. The last one signs, all of them verify."""
    mailer: Literal["outbox"] = "outbox"
    outbox_dir: Path = ROOT / "var" / "outbox"
    mail_domain: str = "trellis.example.com"
    """The right-hand side of Message-IDs and calendar UIDs."""
    programs_dir: Path = ROOT / "programs"
    task_queue: str = "trellis"
    build_id: str = ""
    """The build that this worker runs. Set it where Temporal's worker versioning is used; empty means unversioned."""
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, Field(ge=1, le=65535)] = 8000

    @field_validator("link_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("base_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must be an absolute address, for example https://mentoring.example.com")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _has_own_keys(self) -> Self:
        if not self.link_keys:
            raise ValueError("TRELLIS_LINK_KEYS must hold at least one key")
        if not self.local and any(key.get_secret_value() == LOCAL_KEY for key in self.link_keys):
            raise ValueError("TRELLIS_LINK_KEYS must be set outside local mode (TRELLIS_LOCAL=false)")
        if any(len(key.get_secret_value()) < 32 for key in self.link_keys):
            raise ValueError("each key in TRELLIS_LINK_KEYS must have 32 characters or more")
        return self


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
