"""The loop that improves itself: what a draft would have done to the leads on record, and which draft to write."""
