"""Files of other systems: read, mapped, and brought in row by row by the same rules as every other door."""
