"""What `studybuddy` does without a screen."""
