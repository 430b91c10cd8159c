"""Has the running app hold to settings that were changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from studybuddy.domain.endpoints import Endpoint

if TYPE_CHECKING:
    from studybuddy.domain.settings import Settings
    from studybuddy.ui.app import StudyBuddyApp
    from studybuddy.ui.features import Workplace


class Applier:
    """Takes over what differs, and nothing else: what a flag said for this start stays."""

    def __init__(self, place: Workplace) -> None:
        self._place = place

    @property
    def _app(self) -> StudyBuddyApp:
        return cast("StudyBuddyApp", self._place.screen.app)

    async def apply(self, new: Settings) -> None:
        """Hold to these settings from now on."""
        place, old = self._place, self._place.services.settings
        place.services.settings = new
        place.desk.use_settings(new)
        self._appearance(old, new)
        if new.name != old.name:
            place.view.endpoint_changed()
        if new.keys != old.keys:
            self._app.use_keys(new.keys)
        if (new.endpoint, new.model, new.endpoints) != (old.endpoint, old.model, old.endpoints):
            self._endpoint(old, new)
        if new.persona != old.persona:
            await place.features().get("starters").show()  # which keeps it for new conversations
        place.view.meter.watch()
        place.view.meter.settle()

    def _appearance(self, old: Settings, new: Settings) -> None:
        app = self._app
        if new.theme != old.theme and new.theme in app.available_themes:
            app.theme = new.theme
        if new.sidebar_by_itself != old.sidebar_by_itself:
            self._place.sidebar.show_by_itself(new.sidebar_by_itself)
        if (new.reduced_motion, new.screen_reader) != (old.reduced_motion, old.screen_reader):
            app.use_manner(new)

    def _endpoint(self, old: Settings, new: Settings) -> None:
        """Go on with the endpoint that the settings name now, or as it is described now."""
        desk, now = self._place.desk, self._place.desk.endpoint
        known = {endpoint.name: endpoint for endpoint in self._place.services.setup.configured()}
        wanted: Endpoint | None = now
        if new.endpoint != old.endpoint and new.endpoint:
            wanted = known.get(new.endpoint, now)
        elif now is not None and (described := known.get(now.name)) is not None:
            if new.endpoints.get(now.name) != old.endpoints.get(now.name):
                wanted = described
            elif new.model != old.model and now.name not in new.endpoints:
                wanted = replace(now, model=described.model)
        if wanted is not None and wanted != now:
            desk.endpoint = wanted
            self._app.chat.endpoint_chosen()
