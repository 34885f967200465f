"""All checks, in the order in which they are told. A new one is a function of a `Place`, and a line here."""

from cli.checks import builds, configuration, encryption, machine, mail, temporal
from cli.checks.finding import Check

CHECKS: tuple[Check, ...] = (
    Check("mode", configuration.mode),
    Check("namespace", temporal.namespace),
    Check("workers", temporal.workers),
    Check("builds", builds.builds),
    Check("search attributes", temporal.search_attributes),
    Check("programs", configuration.all_programs),
    Check("mailer", mail.mailer),
    Check("senders", mail.senders),
    Check("bounces", mail.bounces),
    Check("links", configuration.links),
    Check("link keys", configuration.link_keys),
    Check("payload keys", encryption.payload_keys),
    Check("API keys", configuration.api_keys),
    Check("proxies", configuration.proxies),
    Check("webhooks", configuration.webhooks),
    Check("clock", machine.clock),
    Check("time zones", machine.time_zones),
    Check("disk", machine.disk),
)
