"""The durable shell: the workflow that carries a mentorship, and the client that speaks to it."""
