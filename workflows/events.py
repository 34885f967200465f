"""The workflow that delivers the events of one mentorship, one after the other, for as long as that takes."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from models.events import Announcement, AnyEvent, Batch, Feed
    from workflows.renewal import is_due_to_renew
    from workflows.search_attributes import STATUS

TRIED_FOR = timedelta(days=3)
"""An event that could not be delivered for so long after it happened is given up."""
TRIED_AT_LEAST = timedelta(hours=1)
"""For so long it is tried in any case: it may have waited for others, or for ops."""
KEPT_FOR = timedelta(days=30)
"""How long after it happened an event waits for ops to resume."""
ATTEMPT_TIMEOUT = timedelta(seconds=15)
RETRIES = RetryPolicy(initial_interval=timedelta(seconds=5), backoff_coefficient=2, maximum_interval=timedelta(hours=1))
QUEUE = "-events"
"""What the task queue of the deliveries is called beside the worker's own, so that slow receivers starve nobody."""
GONE = "gone"
PAUSED, GIVEN_UP, ACTIVE = "paused", "given_up", "active"
"""What the search attribute TrellisStatus says of a feed. The last one is not set until it was another."""
MOST_KEPT = 50


def events_id(mentorship: str) -> str:
    """The workflow that delivers the events of the mentorship with this id of the platform's."""
    return f"events/{mentorship}"


@workflow.defn(name="PlatformEvents")
class PlatformEventsWorkflow:
    """The events of one mentorship on their way to the platform. It lives as long as the mentorship, mostly asleep.

    Input and result: `Feed`. Nothing waits for it: a receiver that is down delays this workflow and nothing else.

    Signals: `tell`, with the next events, `resume`, by which ops say that an endpoint which answered 410 is back, and
    `wake`, which lets a sleeping run see that another build became current.

    Query: `feed`. The search attribute TrellisStatus is `paused` after a 410, and `given_up` once an event was.
    """

    @workflow.init
    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._told = self._resumed = 0

    @workflow.run
    async def run(self, feed: Feed) -> Feed:
        """Deliver what waits, in its order; rest until there is more; renew when it is time."""
        while True:
            await self._deliver_what_waits()
            self._show_where_it_stands()
            if self._feed.last and not self._feed.waiting:
                return self._feed
            if self._is_time_to_renew():
                self._renew()
            await self._rest()

    @workflow.signal(description="The next events of the mentorship.")
    def tell(self, batch: Batch) -> None:
        """Puts them behind those that wait."""
        self._feed = self._feed.evolve(waiting=(*self._feed.waiting, *batch.events), last=self._feed.last or batch.last)
        self._told += 1

    @workflow.signal(description="The endpoint is back: deliver what waits.")
    def resume(self) -> None:
        """Forgets that the endpoint was gone."""
        self._feed = self._feed.evolve(gone="")
        self._told += 1
        self._resumed += 1

    @workflow.signal(description="Look around: another build may have become current.")
    def wake(self) -> None:
        """Ends the rest, nothing else."""
        self._told += 1

    @workflow.query(description="What waits, what was given up, and whether the endpoint is gone.")
    def feed(self) -> Feed:
        """Where it stands."""
        return self._feed

    async def _deliver_what_waits(self) -> None:
        while self._feed.waiting and not _is_newer_version():
            event, resumed = self._feed.waiting[0], self._resumed
            try:
                await self._announce(event)
            except ActivityError as failure:
                cause = failure.cause
                if _is_newer_version():
                    # Cut short, not refused for good: the next run tries anew.
                    return
                if not isinstance(cause, ApplicationError) or cause.type != GONE:
                    self._give_up(event)
                elif self._resumed == resumed:
                    self._feed = self._feed.evolve(gone=str(cause.details[0]))
                    return
            else:
                self._feed = self._feed.evolve(gone="", delivered=self._feed.delivered + 1)
                self._drop_first()

    async def _announce(self, event: AnyEvent) -> None:
        """One activity for each event; Temporal repeats it. By name: a workflow needs not know how events travel.

        For a newer version it is cut short, which may take an attempt that is under way to its end: a receiver that is
        down must not hold the old build for days.
        """
        left = event.timestamp + TRIED_FOR - workflow.now()
        attempts = workflow.start_activity(
            "announce",
            Announcement(event=event, gone=self._feed.gone),
            task_queue=workflow.info().task_queue + QUEUE,
            schedule_to_close_timeout=min(max(left, TRIED_AT_LEAST), TRIED_FOR),
            start_to_close_timeout=ATTEMPT_TIMEOUT,
            retry_policy=RETRIES,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=event.type,
        )
        await workflow.wait_condition(lambda: attempts.done() or _is_newer_version())
        if not attempts.done():
            attempts.cancel()
        await attempts

    def _give_up(self, event: AnyEvent) -> None:
        workflow.logger.error("Gave up %s: nobody took it for too long", event.id)
        self._feed = self._feed.evolve(given_up=(*self._feed.given_up, event.id)[-MOST_KEPT:])
        self._drop_first()

    def _drop_first(self) -> None:
        self._feed = self._feed.evolve(waiting=self._feed.waiting[1:])

    def _show_where_it_stands(self) -> None:
        feed = self._feed
        status = PAUSED if feed.gone else GIVEN_UP if feed.given_up else ACTIVE
        if status != workflow.info().typed_search_attributes.get(STATUS, ACTIVE):
            workflow.upsert_search_attributes([STATUS.value_set(status)])
        lines = [f"**Delivered:** {feed.delivered}", f"**Waiting:** {len(feed.waiting)}"]
        if feed.gone:
            lines.append("**Paused:** the endpoint answered 410")
        if feed.given_up:
            lines.append(f"**Given up:** {', '.join(feed.given_up)}")
        workflow.set_current_details("\n".join(f"- {line}" for line in lines))

    async def _rest(self) -> None:
        """Until it is told something. What waits for a gone endpoint does not wait for ever."""
        told = self._told
        patience: timedelta | None = None
        if self._feed.waiting:
            patience = max(self._feed.waiting[0].timestamp + KEPT_FOR - workflow.now(), timedelta(seconds=1))
        try:
            await workflow.wait_condition(lambda: self._told != told, timeout=patience)
        except TimeoutError:
            self._give_up(self._feed.waiting[0])

    def _is_time_to_renew(self) -> bool:
        info = workflow.info()
        return is_due_to_renew(
            events=info.get_current_history_length(),
            new_stage=False,
            timer_running=False,
            suggested=info.is_continue_as_new_suggested(),
            newer_version=_is_newer_version(),
        )

    def _renew(self) -> None:
        upgrade = workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE if _is_newer_version() else None
        memo = workflow.memo()  # Given again, it is encrypted anew, by the key of today.
        workflow.continue_as_new(self._feed, memo=memo, initial_versioning_behavior=upgrade)


def _is_newer_version() -> bool:
    return workflow.info().is_target_worker_deployment_version_changed()
