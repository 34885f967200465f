"""Side effects: mail is rendered and handed over here. Nothing in here is imported by the rules."""
