"""URL-encoded forms: decoded fields in the order sent, repeats kept, JSON in a field opened."""

from __future__ import annotations

import re

from webhook_inspector.bodies.api import BodyText, CannotShowError, Content
from webhook_inspector.bodies.fields import add_field, places
from webhook_inspector.bodies.joined import JoinedLines
from webhook_inspector.core.payload import FORM, form_fields

MAX_FIELDS = 20_000
"""Fields that are shown."""
_LOOKS = re.compile(rb"[\w.\[\]%+*-]{1,100}=[^\s&<>{}\"]*(?:&[\w.\[\]%+*-]{1,100}=[^\s&<>{}\"]*)*+(?:&|\Z)")


class FormView:
    """Fields of a form, one a line."""

    name = "form"
    title = "Form"

    def priority(self, content: Content) -> int:
        """Fits what is declared as a form, and what reads like one."""
        if content.opaque or not content.data:
            return 0
        if content.media_type == FORM:
            return 90
        head = content.data[:1024]
        whole = len(content.data) <= 1024
        return 40 if _LOOKS.match(head) and (whole or b"&" in head) and b"\n" not in head.strip() else 0

    def render(self, content: Content) -> BodyText:
        """The fields as `name = value`.

        Raises:
            CannotShowError: There is no field in the body.
        """
        fields = form_fields(content.data)
        if not fields or b"=" not in content.data:
            raise CannotShowError("Not a form: there is no name=value in the body.")
        shown = fields[:MAX_FIELDS]
        lines = JoinedLines()
        for (name, value), path in zip(shown, places([name for name, _ in shown]), strict=True):
            add_field(lines, name, value, path)
        cut = content.cut or len(fields) > len(shown)
        note = f"Shows the first {len(shown):,} fields." if cut else ""
        return BodyText(self.name, lines, note, len(content.request.body), cut)


VIEW = FormView()
