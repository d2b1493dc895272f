"""The engine watches itself: what it measures of itself, what is wrong with it, and who is notified."""
