"""JSON from its tokens: what was sent is what is shown, on more lines."""

from __future__ import annotations

from webhook_inspector.bodies.api import BodyText, CannotShowError, Content
from webhook_inspector.bodies.decode import decode_text, looks_binary
from webhook_inspector.bodies.json_index import JsonBrokenError, index_json
from webhook_inspector.bodies.json_lines import JsonLines, blank, place
from webhook_inspector.core.display import one_line

_BLANK = b" \t\r\n"


def _declared(media_type: str) -> bool:
    return media_type.endswith(("/json", "+json")) or media_type in {"text/json", "application/csp-report"}


class JsonView:
    """Pretty JSON with folding; duplicate keys, order, big numbers and escapes as sent."""

    name = "json"
    title = "JSON"

    def priority(self, content: Content) -> int:
        """Fits what is declared as JSON, and what begins like an object or array."""
        if content.opaque or not content.data:
            return 0
        if _declared(content.media_type):
            return 90
        head = content.data[:256].lstrip(b"\xef\xbb\xbf\xff\xfe\x00" + _BLANK)
        return 50 if head[:1] in {b"{", b"["} and not looks_binary(content.data) else 0

    def render(self, content: Content) -> BodyText:
        """The body as pretty lines.

        Raises:
            CannotShowError: It is not JSON.
        """
        text, note = decode_text(content.data, content.charset, cut=content.cut)
        if blank(text):
            raise CannotShowError(
                "Not JSON: there is nothing in the body." if not text else "Not JSON: only white space."
            )
        try:
            index = index_json(text, cut=content.cut)
        except JsonBrokenError as error:
            where = place(text, error.position)
            what = "Not shown as JSON" if error.deep else "Not valid JSON"
            raise CannotShowError(f"{what} at {where}: {one_line(error.reason)}.") from None
        if index.truncated:
            shown = index.ends[-1] if index.ends else 0
            note = f"{note} Shows the first {len(index.ends):,} lines ({shown:,} characters).".strip()
        return BodyText(self.name, JsonLines(index), note, len(content.request.body), index.truncated)


VIEW = JsonView()
