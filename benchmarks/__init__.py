"""What Trellis costs and how fast it is, measured; `make bench` runs all of it."""
