"""The demo: the real parts on one machine, and simulated people who know nothing but their mail."""
