"""Pages of imports: bring a file, see how it is understood, follow it, fix what was refused, undo it."""
