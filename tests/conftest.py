"""What holds for all tests."""

from hypothesis import settings

# A deadline for each example would be a test of the clock, and these machines are noisy.
settings.register_profile("studybuddy", deadline=None)
settings.load_profile("studybuddy")
