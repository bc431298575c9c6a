"""What was seen of the payloads of one kind: mergeable, bounded, and enough to tell drift from chance."""

from webhook_inspector.shapes.summary.adding import add
from webhook_inspector.shapes.summary.codec import CODEC, dump, load
from webhook_inspector.shapes.summary.merging import merge, merged, settled
from webhook_inspector.shapes.summary.place import Place, Summary, length_class
from webhook_inspector.shapes.summary.walking import places

__all__ = ["CODEC", "Place", "Summary", "add", "dump", "length_class", "load", "merge", "merged", "places", "settled"]
