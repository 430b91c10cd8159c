"""Whether a server has the Assistants API."""

from __future__ import annotations

import msgspec
import openai
from openai import AsyncOpenAI

from studybuddy.providers.assistants import wire_kept
from studybuddy.providers.assistants.problems import Failure

_list = msgspec.json.Decoder(wire_kept.ListOf[wire_kept.Assistant])


async def serves_assistants(sdk: AsyncOpenAI, seconds: float) -> bool | None:
    """Whether it lists assistants; `None` where it can't be reached within some seconds."""
    try:
        response = await sdk.beta.assistants.with_raw_response.list(limit=1, timeout=seconds)
        _list.decode(response.http_response.content)
    except openai.APIStatusError:
        return False
    except Failure:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
