"""What the keys of the settings can read of what Temporal keeps."""

from cli.checks.finding import Finding, Place, ok, problem, warning
from workflows.key_usage import keys_in_use


async def payload_keys(place: Place) -> Finding:
    """A mentorship whose key is missing stands still until the key is back."""
    own = place.own
    here = [key.id for key in own.payload_keyring]
    used = await keys_in_use(place.client)
    missing = {use.key: use for use in used if use.key and use.key not in here}
    if standing := [key for key, use in missing.items() if use.open]:
        count = sum(missing[key].open for key in standing)
        return problem(
            f"{count} running {'workflow needs' if count == 1 else 'workflows need'} a key that is not here: "
            f"{', '.join(standing)}",
            "Put it back into TRELLIS_PAYLOAD_KEYS, before the others, and restart; see docs/encryption.md.",
        )
    if missing:
        return warning(
            f"a key that is not here is needed to look at what has ended: {', '.join(missing)}",
            "Put it back into TRELLIS_PAYLOAD_KEYS, before the others; `python starter.py keys` tells until when.",
        )
    if not own.encrypts_payloads:
        return ok("nothing is encrypted")
    return ok(f"{here[-1]} encrypts" + (f", {', '.join(here[:-1])} decrypt" if here[:-1] else ""))
