"""The app in a browser page."""
