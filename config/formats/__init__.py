"""How Django writes dates where no code of ours does it."""
