"""What operators see from outside: metrics, traces, logs, and whether a process is alive and ready."""
