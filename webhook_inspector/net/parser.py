"""Which of aiohttp's two HTTP parsers is used; they differ in what they refuse."""

from __future__ import annotations

from aiohttp import http_parser


def parser_name() -> str:
    """`C` for the compiled parser, else `Python`."""
    compiled = getattr(http_parser, "HttpRequestParserC", None)
    return "C" if compiled is not None and http_parser.HttpRequestParser is compiled else "Python"
