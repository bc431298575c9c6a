"""XML, indented by its tags; nothing is parsed into a tree and no entity is expanded."""

from __future__ import annotations

import re

from webhook_inspector.bodies.api import BodyText, CannotShowError, Content
from webhook_inspector.bodies.decode import decode_text, looks_binary
from webhook_inspector.bodies.xml_lines import MAX_DEPTH, XmlLines, index_xml
from webhook_inspector.core.display import one_line

_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_LOOKS = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,64}<(?:\?xml\s|!--|[A-Za-z_][\w:.-]*[\s/>])")
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,64}<(?:!doctype\s+html|html|head|body|p|div|span|table|br|a|b|i|h[1-6])[\s/>]",
    re.IGNORECASE,
)


class XmlView:
    """Elements as foldable blocks."""

    name = "xml"
    title = "XML"

    def priority(self, content: Content) -> int:
        """Fits what is declared as XML, and what begins like it and is not HTML."""
        if content.opaque or not content.data or looks_binary(content.data):
            return 0
        if content.media_type.endswith(("/xml", "+xml")):
            return 90
        head = content.data[:1024]
        if content.media_type == "text/html" or _HTML.match(head):
            return 0
        return 50 if _LOOKS.match(head) else 0

    def render(self, content: Content) -> BodyText:
        """The tags as lines.

        Raises:
            CannotShowError: There is no tag in the body, or it is nested too deep.
        """
        declared = _DECLARED.search(content.data[:256])
        charset = content.charset or (declared[1].decode("ascii").lower() if declared else "")
        text, note = decode_text(content.data, charset, cut=content.cut)
        index = index_xml(text)
        if index.deep:
            raise CannotShowError(f"Not shown as XML: nested deeper than {MAX_DEPTH:,} levels.")
        if not index.names:
            raise CannotShowError("Not XML: there is no tag in the body.")
        notes = [note] if note else []
        if index.problem and not content.cut:
            notes.append(f"Not well-formed: {one_line(index.problem)}.")
        truncated = index.truncated or content.cut
        if truncated:
            notes.append(f"Shows the first {len(index.starts):,} lines.")
        return BodyText(self.name, XmlLines(index), " ".join(notes), len(content.request.body), truncated)


VIEW = XmlView()
