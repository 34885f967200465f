"""A receiver of Trellis's webhooks, to try them with: `python examples/receiver.py PORT`, with the secret in SECRET.

It verifies each event and prints it, and answers 401 where the signature is not ours. `pip install standardwebhooks`.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError


class Receiver(BaseHTTPRequestHandler):
    """Answers each POST, and prints what was verified."""

    seen: set[str] = set()
    """Ids of events: one whose answer got lost comes again."""

    def do_POST(self) -> None:
        """One event."""
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = Webhook(os.environ["SECRET"]).verify(body, dict(self.headers))
        except WebhookVerificationError:
            self.send_response(401)
        else:
            self.send_response(204)
            if self.headers["webhook-id"] not in self.seen:
                self.seen.add(self.headers["webhook-id"])
                print("verified", event["type"], event["data"], flush=True)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """No access log."""


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
