"""Which leads may be one and the same person: what is suggested, with a score and reasons, and never done by itself."""
