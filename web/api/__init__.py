"""The HTTP API for platform backends, below /api/v1."""
