"""What both sides agreed on: signed definitions, and the packet that a handoff carries."""
