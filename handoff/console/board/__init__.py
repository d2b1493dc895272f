"""The manager's board: a team by rep and state, with what each carries, and reassignment."""
