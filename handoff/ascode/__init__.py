"""The agreement as a file: exported, compared with what is in force, and applied through the forms of the console."""
