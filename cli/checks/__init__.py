"""What `doctor` looks at: one small function for each thing, all in the table CHECKS of `cli.checks.table`."""
