"""What worker and web count in their own process, for Prometheus. Names, labels and meaning: docs/observability.md.

No label holds a mentorship, a person, an address or a path: every value is one of a closed set. What the workflow
counts is in `workflows.measuring`, because workflow code runs again when it is replayed.
"""

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call] # a second series for each, which nobody asks for

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""A page takes milliseconds, and nothing takes longer than the patience with Temporal."""

REQUESTS = Counter("trellis_requests", "Requests that were answered.", ("method", "route", "status"))
REQUEST_SECONDS = Histogram(
    "trellis_request_seconds", "How long an answer took, to its last byte.", ("method", "route"), buckets=SECONDS
)
REQUESTS_OPEN = Gauge("trellis_requests_open", "Requests that are being answered.", ("method",))
API_REQUESTS = Counter("trellis_api_requests", "Requests to the API, by the name of the key.", ("key", "status"))
PRESSES = Counter("trellis_presses", "Presses that reached the engine, by what became of them.", ("act", "result"))
MAIL_EVENTS = Counter("trellis_mail_events", "What the mail provider reported.", ("event",))
MAILS = Counter("trellis_mails", "Letters that were handed to the mailer, by what became of them.", ("kind", "result"))
WEBHOOKS = Counter("trellis_webhooks", "Attempts to tell the platform, by what became of them.", ("event", "result"))
READY = Gauge("trellis_ready", "Whether this process was ready when it was last asked: 1 or 0.")
MENTORSHIPS = Gauge("trellis_mentorships", "Mentorships that run, by stage.", ("stage",))
HEALTH = Gauge("trellis_mentorships_health", "Mentorships that run, by health.", ("health",))
WAITED_FOR = Gauge("trellis_people_waited_for", "People who were nudged and have not answered.", ("role",))
