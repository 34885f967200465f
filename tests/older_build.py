"""A mentorship as an older build carries it, before its queries were told what time it is. It loads no rules."""

from typing import Any

from temporalio import workflow


@workflow.defn(name="Mentorship")
class OlderMentorship:
    """It answers with what it was given."""

    @workflow.init
    def __init__(self, overview: dict[str, Any]) -> None:
        self._overview = overview
        self._over = False

    @workflow.run
    async def run(self, overview: dict[str, Any]) -> None:
        """Until it is told to end."""
        await workflow.wait_condition(lambda: self._over)

    @workflow.signal
    def end(self, command: dict[str, Any]) -> None:
        """The end."""
        self._over = True

    @workflow.query
    def overview(self) -> dict[str, Any]:
        """Where it stands, without an argument."""
        return self._overview
