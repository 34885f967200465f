"""The data of a mentorship: programs, people, state, acts, mail and pages. Imports nothing of ours."""
