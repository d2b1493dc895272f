"""What both sides look at together: periods that are closed, what is restated later, and what a review agreed."""
