"""Fuzzing of whatever reads what strangers write: `make fuzz SECONDS=600`, and quick versions in the suite.

One module for each parser. Its `feed` gives it some bytes and says what came of them: `accepted`, or the name of the
error by which it said no. Whatever else is raised is a finding, and so is an input that takes too long.
"""
