"""The web side: pages behind links, and in local mode a reader for the outbox."""
