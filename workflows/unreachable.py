"""The error of an engine that can't answer now."""


class EngineUnreachable(Exception):
    """Temporal, or a worker behind it, does not answer. Whatever was asked may be asked again: it counts once."""
