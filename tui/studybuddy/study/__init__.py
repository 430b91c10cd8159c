"""What makes this a study buddy: the assistants it comes with, and the quiz."""
