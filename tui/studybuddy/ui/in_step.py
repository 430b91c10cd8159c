"""Brings the transcript in step with a conversation whose shown branch has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studybuddy.domain.messages import Message
    from studybuddy.ui.transcript import Transcript


def bring_in_step(transcript: Transcript, messages: Sequence[Message]) -> None:
    """Show these messages; what is shown already stays where it is on the screen."""
    wanted = {message.id: message for message in messages}
    for shown in transcript.messages:
        if shown.id not in wanted:
            transcript.remove_message(shown.id)
    left = [shown.id for shown in transcript.messages]
    if left != list(wanted)[: len(left)]:  # something came back in between
        place = transcript.place
        transcript.set_messages(messages)
        transcript.go_to(place)
        return
    for shown in transcript.messages:
        if shown != wanted[shown.id]:
            transcript.replace(wanted[shown.id])
    for message in list(messages)[len(left) :]:
        transcript.append(message)
