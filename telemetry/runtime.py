"""The runtime of the Temporal SDK: where its core's metrics and logs go."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from telemetry.logs import CORE


@dataclass(frozen=True)
class Observed:
    """A runtime, and the address at which its core tells its metrics, or nothing where nobody wants them.

    That address is one of this machine alone: `telemetry.probes` tells the same where operators ask.
    """

    runtime: Runtime
    metrics: str = ""


def observed(*, metrics: bool, buckets: Mapping[str, Sequence[float]] | None = None) -> Observed:
    """The runtime of this process, with a thread pool of its own: make one. `buckets` are those of histograms."""
    address = f"127.0.0.1:{_free_port()}" if metrics else ""
    prometheus = PrometheusConfig(
        bind_address=address, counters_total_suffix=True, durations_as_seconds=True, histogram_bucket_overrides=buckets
    )
    # The core's words come as they are; what stands beside them is chosen in `telemetry.logs`.
    forwarding = LogForwardingConfig(
        CORE, append_target_to_name=False, prepend_target_on_message=False, append_log_fields_to_message=False
    )
    logging = LoggingConfig(TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forwarding)
    telemetry = TelemetryConfig(logging=logging, metrics=prometheus if metrics else None, attach_service_name=False)
    return Observed(Runtime(telemetry=telemetry), address)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
