"""Acting from Slack: the buttons of messages, and the dialogs that they open, through the same verbs as every door."""
