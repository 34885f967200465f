"""A wrong or missing setting is told at start, by the name of its variable, and a secret is never repeated."""

import os
import subprocess
import sys

import pytest
from pydantic import ValidationError

from settings import ROOT, Settings, told
from tests.payload_keys import entries

SECRET = "SG.not-to-be-shown"
PUBLIC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqI"
    "M8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where nothing is set, other than in the other tests."""
    monkeypatch.delenv("TRELLIS_PAYLOAD_KEYS")


def problem(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(f"TRELLIS_{name}", value)
    with pytest.raises(ValidationError) as raised:
        Settings()
    return told(raised.value)


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"MAILER": "sendgrid"}, "TRELLIS_SENDGRID_KEY"),
        ({"MAILER": "smtp"}, "TRELLIS_SMTP_HOST"),
        ({"MAILER": "smtp", "SMTP_HOST": "mail.example.com", "SMTP_USER": "trellis"}, "TRELLIS_SMTP_PASSWORD"),
        ({"MAILER": "smtp", "SMTP_HOST": "mail.example.com", "SMTP_PASSWORD": SECRET}, "TRELLIS_SMTP_USER"),
        ({"MAILER": "smtp", "SMTP_PORT": "0"}, "TRELLIS_SMTP_PORT"),
        ({"MAILER": "smtp", "SMTP_SECURITY": "some"}, "TRELLIS_SMTP_SECURITY"),
        ({"MAILER": "pigeon"}, "TRELLIS_MAILER"),
        ({"SENDGRID_HOST": "api.sendgrid.com"}, "TRELLIS_SENDGRID_HOST"),
        ({"SENDGRID_WEBHOOK_KEY": SECRET}, "TRELLIS_SENDGRID_WEBHOOK_KEY"),
        ({"SENDGRID_WEBHOOK_KEY": PUBLIC_KEY[:-8]}, "TRELLIS_SENDGRID_WEBHOOK_KEY"),
        ({"MAIL_TIMEOUT": "60"}, "TRELLIS_MAIL_TIMEOUT"),
        ({"LINK_KEYS": SECRET}, "TRELLIS_LINK_KEYS"),
        ({"TRUSTED_PROXIES": "proxy.example.com"}, "TRELLIS_TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, "TRELLIS_TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "*"}, "TRELLIS_TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "10.0.0.1, 0.0.0.0/0"}, "TRELLIS_TRUSTED_PROXIES: must not trust everybody"),
        ({"TRUSTED_PROXIES": "::/0"}, "TRELLIS_TRUSTED_PROXIES: must not trust everybody"),
        ({"RATES": "sometimes"}, "TRELLIS_RATES"),
        ({"RATES_PRESSES": "many"}, "TRELLIS_RATES_PRESSES: must be a number of times in a window"),
        ({"RATES_LOOKS": "0/minute"}, "TRELLIS_RATES_LOOKS"),
        ({"RATES_LOOKS_PER_PERSON": "5/minute;100/day"}, "TRELLIS_RATES_LOOKS_PER_PERSON"),
        ({"RATES_PRESSES_PER_ADDRESS": ""}, "TRELLIS_RATES_PRESSES_PER_ADDRESS"),
        ({"RATE_STORAGE": f"memcached://{SECRET}"}, "TRELLIS_RATE_STORAGE"),
        ({"WEBHOOK_URL": "https://hooks.example.com"}, "TRELLIS_WEBHOOK_SECRETS"),
        ({"WEBHOOK_URL": "https://hooks.example.com", "WEBHOOK_SECRETS": SECRET}, "TRELLIS_WEBHOOK_SECRETS"),
        ({"WEBHOOK_URL": "https://hooks.example.com", "WEBHOOK_SECRETS": "whsec_c2hvcnQ="}, "TRELLIS_WEBHOOK_SECRETS"),
        ({"WEBHOOK_URL": f"https://me:{SECRET}@hooks.example.com"}, "TRELLIS_WEBHOOK_URL"),
        ({"WEBHOOK_URL": "http://hooks.example.com"}, "TRELLIS_WEBHOOK_URL"),
        ({"WEBHOOK_URL": "hooks.example.com"}, "TRELLIS_WEBHOOK_URL"),
        ({"PAYLOAD_KEYS": SECRET}, "TRELLIS_PAYLOAD_KEYS: entry 1 must be id:key"),
        ({"PAYLOAD_ENCRYPTION": "true"}, "TRELLIS_PAYLOAD_KEYS must hold a key"),
        ({"LOCAL": "false", "LINK_KEYS": "k" * 40}, "`python starter.py payload-key`"),
        (
            {"LOCAL": "false", "LINK_KEYS": "k" * 40, "PAYLOAD_KEYS": entries("a"), "PAYLOAD_ENCRYPTION": "false"},
            "TRELLIS_PAYLOAD_ENCRYPTION may be false in local mode only",
        ),
        (
            {
                "LOCAL": "false", "LINK_KEYS": "k" * 40, "MAILER": "smtp", "SMTP_HOST": "mail.example.com",
                "SMTP_USER": "trellis", "SMTP_PASSWORD": SECRET, "SMTP_SECURITY": "none",
            },
            "TRELLIS_SMTP_SECURITY",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: str) -> None:
    text = problem(monkeypatch, **variables)
    assert named in text
    assert SECRET not in text


def test_what_is_right_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("MAILER", "sendgrid"),
        ("SENDGRID_KEY", SECRET),
        ("SENDGRID_HOST", "https://api.eu.sendgrid.com/"),
        ("SENDGRID_WEBHOOK_KEY", f"{PUBLIC_KEY[:60]}\n{PUBLIC_KEY[60:]}"),
    ):
        monkeypatch.setenv(f"TRELLIS_{name}", value)
    own = Settings()
    assert own.sendgrid_host == "https://api.eu.sendgrid.com"
    assert own.sendgrid_webhook_key == PUBLIC_KEY
    assert SECRET not in repr(own)


@pytest.mark.parametrize("command", [("worker.py",), ("-m", "web.server"), ("starter.py", "list")])
def test_outside_local_mode_no_program_begins_without_a_key_for_what_temporal_stores(command: tuple[str, ...]) -> None:
    environment = {**os.environ, "TRELLIS_LOCAL": "false", "TRELLIS_LINK_KEYS": "k" * 40}
    run = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode in (1, 2)
    assert run.stderr.splitlines() == [
        "TRELLIS_PAYLOAD_KEYS must hold a key outside local mode, to encrypt what Temporal stores: "
        "make one with `python starter.py payload-key`"
    ]


@pytest.mark.parametrize("command", [("worker.py",), ("-m", "web.server"), ("starter.py", "preview", "career")])
def test_every_program_tells_it_in_one_line_and_does_not_begin(command: tuple[str, ...]) -> None:
    environment = {**os.environ, "TRELLIS_MAILER": "sendgrid", "TRELLIS_SENDGRID_KEY": ""}
    run = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode in (1, 2)
    assert run.stderr.splitlines()[0].startswith("TRELLIS_SENDGRID_KEY must hold an API key")
    assert "Traceback" not in run.stderr
