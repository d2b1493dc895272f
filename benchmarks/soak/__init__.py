"""Proof under fault: the real programs, killed at random while leads move, and every alarm accounted for at the end."""
