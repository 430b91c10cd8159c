"""What an answer is at."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """What the model side is doing."""

    STARTING = "starting"  # the engine or its model is being loaded
    THINKING = "thinking"  # the request is out, no word has come
    ANSWERING = "answering"  # words are coming
    RETRYING = "retrying"  # waiting before the next attempt
    QUEUED = "queued"  # the run waits for its turn
    SEARCHING = "searching"  # the notes are searched; the detail names one
    RUNNING_CODE = "running_code"  # the assistant's code is being run
    WAITING = "waiting"  # the run requires something of the student
    CANCELLING = "cancelling"  # the run was asked to end
