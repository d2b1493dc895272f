"""The pages on which both sides improve what they agreed on."""
