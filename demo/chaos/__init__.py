"""Everything that can go wrong at once, and whether people notice: `make chaos SEED=1 SIZE=200`."""
