"""Settings, all from `TRELLIS_*` variables. The Temporal connection has its own: see temporalio.envconfig."""

import base64
import binascii
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from limits import parse_many
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from web.api.keys import read_keys
from workflows.build import build_id
from workflows.payload_keys import MAKE_ONE, PayloadKey, read_payload_keys

ROOT = Path(__file__).resolve().parent
LOCAL_KEY = "local-mode-only-not-a-secret-local-mode-only"
P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""How the DER form of every public key on the P-256 curve begins; the point of 64 bytes follows (RFC 5480)."""


class Settings(BaseSettings):
    """What worker, web and starter share. A wrong value is told at start, by the name of its variable."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", frozen=True, extra="ignore")

    local: bool = True
    """Local mode: the outbox reader and skipping ahead are served, and a well-known link key is allowed."""
    base_url: str = "http://127.0.0.1:8000"
    """Where people reach the web app. Links are built from it and never from a Host header."""
    link_keys: Annotated[tuple[SecretStr, ...], NoDecode] = (SecretStr(LOCAL_KEY),)
    """Comma-separated keys that sign links, each of 32 characters or more. The last one signs, all of them verify."""
    mailer: Literal["outbox", "sendgrid", "smtp"] = "outbox"
    """Who carries mail: files in `outbox_dir`, SendGrid, or a mail server. The last two need settings of their own."""
    outbox_dir: Path = ROOT / "var" / "outbox"
    mail_timeout: Annotated[float, Field(gt=0, le=15)] = 10.0
    """Seconds that SendGrid or the mail server may take for each step before the result counts as unknown."""
    sendgrid_key: SecretStr = SecretStr("")
    sendgrid_host: str = "https://api.sendgrid.com"
    """For accounts with EU data residency: https://api.eu.sendgrid.com."""
    sendgrid_webhook_key: str = ""
    """The verification key of SendGrid's signed Event Webhook. Without it, POST /webhooks/sendgrid does not exist."""
    smtp_host: str = ""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    """Empty means no login."""
    smtp_password: SecretStr = SecretStr("")
    mail_domain: str = "trellis.example.com"
    """The right-hand side of Message-IDs and calendar UIDs."""
    webhook_url: str = ""
    """Where the platform hears of its mentorships (see docs/webhooks.md). Empty means that it does not want to."""
    webhook_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Comma-separated secrets as `whsec_…`. All of them sign, so that receivers can change theirs without a break."""
    webhook_allow_internal: bool = False
    """Lets webhooks go to private and loopback addresses, and over plain http."""
    payload_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Comma-separated `id:key`, as `python starter.py payload-key` makes them: they encrypt what Temporal stores. The
    last one encrypts, all of them decrypt. Outside local mode there must be one. See docs/encryption.md."""
    payload_encryption: bool | None = None
    """Unset: wherever there are keys. In local mode it may be false: then keys decrypt, and nothing is encrypted."""
    codec_tokens: Annotated[tuple[str, ...], NoDecode] = ()
    """Comma-separated `name:scope:sha256`, as `python starter.py codec-token` prints them: who may let the web app
    decrypt what the Temporal UI and command line show (scope read), and encrypt what they send (scope write). Without
    any, there is no codec server."""
    codec_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Comma-separated origins of the Temporal UIs that may ask from a browser, such as https://temporal.example.com."""
    programs_dir: Path = ROOT / "programs"
    task_queue: str = "trellis"
    work: Annotated[tuple[Literal["mentorships", "mail", "events"], ...], NoDecode] = ("mentorships", "mail", "events")
    """Comma-separated: what a worker does. All of it, unless processes of their own send the mail; see docs/load.md."""
    cached_mentorships: Annotated[int, Field(ge=1)] = 1000
    """How many mentorships a worker keeps in memory. One that is not there is read again from its history."""
    build_id: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$")] = ""
    """What the build of this worker is called. Empty: a digest of its source and locks, see `starter.py version`."""
    versioned: bool | None = None
    """Whether runs stay on the build they began with until they renew (see docs/upgrades.md). Unset: outside local
    mode, and wherever TRELLIS_BUILD_ID is set."""
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, Field(ge=1, le=65535)] = 8000
    log_format: Literal["json", "text"] | None = None
    """Unset: text in local mode, JSON outside of it."""
    log_level: Literal["info", "warning", "error"] = "info"
    """No lower: what libraries say below holds whole messages."""
    worker_metrics: str = ""
    """Where the worker tells its metrics and whether it is ready, as `host:port`. Empty: nowhere."""
    web_metrics: str = ""
    """The same for the web. It is another address than that of the pages, and not for the public."""
    drain_seconds: Annotated[float, Field(ge=0, le=300)] = 0.0
    """For how long the web still serves after SIGTERM, while /ready says that it does not: until a load balancer has
    noticed."""
    temporal_wait: Annotated[float, Field(ge=0, le=3600)] = 0.0
    """Seconds for which a worker that begins tries to reach Temporal before it gives up."""
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    """Comma-separated addresses or networks of your own proxies. Only from these is X-Forwarded-For believed. With
    none, a visitor's address is that of the connection: behind a proxy all visitors would be one."""
    rates: bool | None = None
    """Whether the bounds below hold. Unset: outside local mode, where the clock runs through months in a minute."""
    rates_looks_per_address: str = "600/minute"
    """Pages opened from one address (IPv6: one /64). Offices, schools and mail scanners share one."""
    rates_presses_per_address: str = "120/minute"
    rates_looks_per_person: str = "120/minute"
    """Pages opened with the links of one person in one mentorship, from wherever."""
    rates_presses_per_person: str = "20/minute"
    rates_looks: str = "6000/minute"
    """Pages opened by everybody: those with a genuine link, and apart from them those without."""
    rates_presses: str = "1200/minute"
    api_keys: Annotated[tuple[str, ...], NoDecode] = ()
    """Comma-separated `name:scope:sha256`, as `python starter.py api-key` prints them. Without any, there is no API."""
    api_rate: str = "600/minute"
    """How often one API key may ask."""
    rate_storage: SecretStr = SecretStr("memory://")
    """Where is counted: in each web process, or in one Redis for all of them (`redis://…`, `rediss://…`)."""

    @property
    def is_versioned(self) -> bool:
        """Whether this process works for one build of several."""
        return not self.local or bool(self.build_id) if self.versioned is None else self.versioned

    @property
    def build(self) -> str:
        """The build of this process."""
        return self.build_id or build_id()

    @property
    def encrypts_payloads(self) -> bool:
        """Whether what this process gives to Temporal is encrypted."""
        return bool(self.payload_keys) if self.payload_encryption is None else self.payload_encryption

    @property
    def payload_keyring(self) -> tuple[PayloadKey, ...]:
        """The keys that encrypt what Temporal stores, the one that writes at the end."""
        return read_payload_keys([key.get_secret_value() for key in self.payload_keys])

    @property
    def bounds_rates(self) -> bool:
        """Whether looks and presses are bounded here."""
        return not self.local if self.rates is None else self.rates

    @field_validator(
        "rates_looks_per_address", "rates_presses_per_address", "rates_looks_per_person", "rates_presses_per_person",
        "rates_looks", "rates_presses", "api_rate",
    )  # fmt: skip
    @classmethod
    def _is_rate(cls, value: str) -> str:
        try:
            rates = parse_many(value)
        except ValueError:
            rates = []
        if len(rates) != 1 or rates[0].amount < 1:
            raise ValueError("must be a number of times in a window, for example 20/minute or 100/5minutes")
        return value

    @field_validator("worker_metrics", "web_metrics")
    @classmethod
    def _is_address(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError("must be a host and a port, for example 127.0.0.1:9464")
        return value

    @field_validator("rate_storage")
    @classmethod
    def _is_storage(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("memory://", "redis://", "rediss://")):
            raise ValueError(
                "must be memory:// or the address of a Redis, for example redis://redis.example.com:6379/0"
            )
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                trusts_all = ip_network(one).prefixlen == 0
            except ValueError:
                raise ValueError(
                    "must name each proxy by its address or network, for example 10.0.0.5,10.1.0.0/16"
                ) from None
            if trusts_all:
                raise ValueError("must not trust everybody: visitors could choose the address that they come from")
        return value

    @property
    def webhooks(self) -> bool:
        """Whether the platform wants to hear of mentorships that begin now."""
        return bool(self.webhook_url)

    @field_validator("api_keys")
    @classmethod
    def _are_api_keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        read_keys(value)
        return value

    @field_validator("codec_tokens")
    @classmethod
    def _are_codec_tokens(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        read_keys(value, "codec-token")
        return value

    @field_validator("codec_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            parts = urlsplit(one)
            if parts.scheme not in ("http", "https") or one != f"{parts.scheme}://{parts.netloc}" or one != one.lower():
                raise ValueError("must be origins as a browser tells them, for example https://temporal.example.com")
        return value

    @field_validator("payload_keys")
    @classmethod
    def _are_payload_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        read_payload_keys([key.get_secret_value() for key in value])
        return value

    @field_validator("work", mode="after")
    @classmethod
    def _is_work(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("must name at least one of mentorships, mail and events")
        return value

    @field_validator(
        "link_keys",
        "trusted_proxies",
        "webhook_secrets",
        "api_keys",
        "payload_keys",
        "codec_tokens",
        "codec_origins",
        "work",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("base_url", "sendgrid_host")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must be an absolute address, for example https://mentoring.example.com")
        return value.rstrip("/")

    @field_validator("sendgrid_webhook_key")
    @classmethod
    def _is_public_key(cls, value: str) -> str:
        key = "".join(value.split())
        try:
            der = base64.b64decode(key, validate=True)
        except binascii.Error:
            der = b"not base64"
        if key and not (der.startswith(P256) and len(der) == len(P256) + 64):
            raise ValueError(
                "must be the verification key as SendGrid's Event Webhook settings show it (base64, P-256)"
            )
        return key

    @field_validator("webhook_secrets")
    @classmethod
    def _are_webhook_secrets(cls, values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for value in values:
            prefix, _, key = value.get_secret_value().partition("_")
            try:
                size = len(base64.b64decode(key, validate=True))
            except binascii.Error:
                size = 0
            if prefix != "whsec" or not 24 <= size <= 64:
                raise ValueError("each must be whsec_ and the base64 of 24 to 64 random bytes (Standard Webhooks)")
        return values

    @model_validator(mode="after")
    def _webhooks_have_what_they_need(self) -> Self:
        if not self.webhook_url:
            return self
        url = urlsplit(self.webhook_url)
        if not url.hostname or url.scheme not in ("http", "https") or url.username or url.password:
            raise ValueError("TRELLIS_WEBHOOK_URL must be an absolute address without a user and a password in it")
        if url.scheme == "http" and not self.webhook_allow_internal:
            raise ValueError("TRELLIS_WEBHOOK_URL must be https (http takes TRELLIS_WEBHOOK_ALLOW_INTERNAL=true)")
        if not self.webhook_secrets:
            raise ValueError("TRELLIS_WEBHOOK_SECRETS must hold at least one secret (TRELLIS_WEBHOOK_URL is set)")
        return self

    @model_validator(mode="after")
    def _mailer_has_what_it_needs(self) -> Self:
        if self.mailer == "sendgrid" and not self.sendgrid_key.get_secret_value():
            raise ValueError("TRELLIS_SENDGRID_KEY must hold an API key that may send mail (TRELLIS_MAILER=sendgrid)")
        if self.mailer == "smtp" and not self.smtp_host:
            raise ValueError("TRELLIS_SMTP_HOST must name the mail server (TRELLIS_MAILER=smtp)")
        if self.mailer == "smtp" and bool(self.smtp_user) != bool(self.smtp_password.get_secret_value()):
            raise ValueError("TRELLIS_SMTP_USER and TRELLIS_SMTP_PASSWORD must be set together, or neither of them")
        if self.mailer == "smtp" and self.smtp_user and self.smtp_security == "none" and not self.local:
            raise ValueError("TRELLIS_SMTP_SECURITY must be starttls or tls where there is a login to protect")
        return self

    @model_validator(mode="after")
    def _has_own_keys(self) -> Self:
        if not self.link_keys:
            raise ValueError("TRELLIS_LINK_KEYS must hold at least one key")
        if not self.local and any(key.get_secret_value() == LOCAL_KEY for key in self.link_keys):
            raise ValueError("TRELLIS_LINK_KEYS must be set outside local mode (TRELLIS_LOCAL=false)")
        if any(len(key.get_secret_value()) < 32 for key in self.link_keys):
            raise ValueError("each key in TRELLIS_LINK_KEYS must have 32 characters or more")
        return self

    @model_validator(mode="after")
    def _encrypts_outside_local_mode(self) -> Self:
        if self.payload_encryption is False and not self.local:
            raise ValueError("TRELLIS_PAYLOAD_ENCRYPTION may be false in local mode only (TRELLIS_LOCAL=true)")
        if self.payload_keys:
            return self
        if self.codec_tokens:
            raise ValueError(f"TRELLIS_PAYLOAD_KEYS must hold a key (TRELLIS_CODEC_TOKENS is set): {MAKE_ONE}")
        if self.payload_encryption:
            raise ValueError(f"TRELLIS_PAYLOAD_KEYS must hold a key (TRELLIS_PAYLOAD_ENCRYPTION=true): {MAKE_ONE}")
        if not self.local:
            raise ValueError(
                "TRELLIS_PAYLOAD_KEYS must hold a key outside local mode, to encrypt what Temporal stores: " + MAKE_ONE
            )
        return self


def told(problem: ValidationError) -> str:
    """What is wrong with the settings: a line for each variable, which names it and never repeats its value."""
    lines = []
    for error in problem.errors(include_url=False, include_input=False, include_context=False):
        variable = f"TRELLIS_{str(error['loc'][0]).upper()}: " if error["loc"] else ""
        lines.append(f"{variable}{error['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
