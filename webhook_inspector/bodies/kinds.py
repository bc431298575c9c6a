"""What bytes look like by how they begin: a guess for people, from the signatures that formats document."""

from __future__ import annotations

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "gzip data without a Content-Encoding"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data without a Content-Encoding"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"OggS", "an Ogg stream"),
    (b"ID3", "an MP3 file"),
    (b"fLaC", "a FLAC file"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"\x00asm", "a WebAssembly module"),
    (b"\x7fELF", "a program"),
    (b"Obj\x01", "an Avro file"),
    (b"PAR1", "a Parquet file"),
)
"""Signatures of the formats' own specifications: PNG (W3C), JFIF, GIF89a, ISO 32000, APPNOTE, RFC 1952, ..."""


def looks_like(data: bytes) -> str:
    """`a PNG image`, `gzip data ...`; empty when the beginning says nothing."""
    if data[:4] == b"RIFF" and len(data) >= 12:
        return {b"WEBP": "a WebP image", b"WAVE": "a WAV file", b"AVI ": "an AVI film"}.get(data[8:12], "")
    if data[4:8] == b"ftyp":
        return "an MP4 or QuickTime file"
    return next((words for beginning, words in _BEGINNINGS if data.startswith(beginning)), "")
