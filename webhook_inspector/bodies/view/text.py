"""Text as lines, in whatever encoding it came."""

from __future__ import annotations

from webhook_inspector.bodies.api import BodyText, CannotShowError, Content
from webhook_inspector.bodies.decode import decode_text, looks_binary
from webhook_inspector.bodies.text_lines import TextLines


class TextView:
    """Any text; what other views cannot read lands here."""

    name = "text"
    title = "Text"

    def priority(self, content: Content) -> int:
        """Fits all that is not binary."""
        if content.opaque or looks_binary(content.data):
            return 0
        return 20 if content.media_type.startswith("text/") else 10

    def render(self, content: Content) -> BodyText:
        """The body as the lines it has.

        Raises:
            CannotShowError: It is not text.
        """
        if not content.data:
            return BodyText(self.name, TextLines(""), "The body is empty.")
        if content.opaque:
            raise CannotShowError("The bytes are still encoded, so there is no text to show.")
        if looks_binary(content.data):
            raise CannotShowError("The body is not text.")
        text, note = decode_text(content.data, content.charset, cut=content.cut)
        if content.cut:
            note = f"{note} Shows the first {len(content.data):,} B.".strip()
        return BodyText(self.name, TextLines(text), note, len(content.request.body), content.cut)


VIEW = TextView()
