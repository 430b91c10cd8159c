"""What it would take to have the oldest messages of a conversation summed up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from studybuddy.chat.plans import Plan
from studybuddy.chat.summarising import Job, forecast
from studybuddy.domain.limits import Overflow, Summing
from studybuddy.domain.money import Cost
from studybuddy.domain.problems import StudyBuddyError

if TYPE_CHECKING:
    from studybuddy.chat.limits import Limits
    from studybuddy.domain.endpoints import Endpoint
    from studybuddy.domain.messages import Conversation, Message


async def summing_of(
    limits: Limits, head: Conversation, branch: Sequence[Message], endpoint: Endpoint
) -> Summing | None:
    """What a summary would take that makes a branch fit; nobody is asked for that.

    `None` where none can be made, or nobody can say. Its last message is the question.
    """
    fitter, accounts = limits.fitter, limits.accounts
    wanted = replace(head, overflow=Overflow.SUMMARISE)
    try:
        outlook = await fitter.outlook(wanted, branch[:-1], branch[-1], endpoint)
        plan, window = outlook.plan, outlook.facts.context_window
        if not isinstance(plan, Plan) or not plan.cut or window is None:
            return None
        if plan.to_sum_up is None:
            return Summing(len(plan.gone), 0, Cost())
        model = accounts.names.of(endpoint, endpoint.model)
        job = Job(head, plan.to_sum_up, window, model, plan.weighed.scale)
        requests = await forecast(job, fitter.scales)
    except StudyBuddyError:  # it is told where it is asked for
        return None
    costs = (Cost.of(outlook.facts.tariff, usage) for usage in requests)
    return Summing(len(plan.gone), len(requests), sum(costs, Cost()))
