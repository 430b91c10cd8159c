"""The conversation pane: messages in, lines out, drawn as they stream."""

from studybuddy.ui.transcript.widget import Transcript

__all__ = ["Transcript"]
