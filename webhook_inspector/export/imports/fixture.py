"""Our own fixture files, of any version that is known."""

from __future__ import annotations

from webhook_inspector.core.delivery import Delivery
from webhook_inspector.core.display import show
from webhook_inspector.core.ownfile import load_own
from webhook_inspector.errors import InputError
from webhook_inspector.export.fixture import FORMAT_NAME, VERSION
from webhook_inspector.export.importing import Importer, ImportFile, ImportResult, SkipError, finish, read_delivery


class FixtureImporter(Importer):
    """What `export --as fixture` wrote comes back byte for byte, redacted as it is."""

    name = "fixture"
    help = "a fixture written by this program"
    origin = "`export --as fixture`"

    def sniff(self, data: bytes) -> bool:
        """Whether the beginning names the format."""
        return FORMAT_NAME.encode() in data[:4096].replace(b"\x00", b"")

    def parse(self, file: ImportFile) -> ImportResult:
        """Read a fixture.

        Raises:
            InputError: It is not a fixture, of a version that is not known, or holds no delivery.
        """
        name = show(file.where, 120)
        document = load_own(
            file.data, file.where, what="fixture", form=FORMAT_NAME, version=VERSION, again="export it again"
        )
        entries = document.get("deliveries")
        if not isinstance(entries, list):
            raise InputError(f"{name}: deliveries must be a list; export the fixture again.")
        deliveries: list[Delivery] = []
        skipped: list[str] = []
        for index, entry in enumerate(entries):
            try:
                deliveries.append(read_delivery(entry, file.now_ns))
            except SkipError as error:
                skipped.append(f"deliveries[{index}] was skipped: {error}.")
        return finish(deliveries, skipped, file.where)


IMPORTER = FixtureImporter()
