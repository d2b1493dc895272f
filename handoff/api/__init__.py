"""The REST door: parsing, a call of a verb, and an answer. What may be done is decided elsewhere."""
