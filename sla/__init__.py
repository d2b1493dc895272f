"""What was promised and whether it was kept."""
