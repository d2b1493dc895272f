"""The pages on which people work leads."""
