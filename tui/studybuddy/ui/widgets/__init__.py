"""The parts of the screens, each a view of a value."""
