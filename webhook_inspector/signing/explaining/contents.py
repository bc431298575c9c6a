"""Another content is signed than the recipe says: parts left out, joined or ordered in another way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from webhook_inspector.providers.template import Template, parse_template
from webhook_inspector.signing.case import Case, Match
from webhook_inspector.signing.explaining.api import Variation, with_recipe

_JOINERS = {".": "full stops", ":": "colons", "": "nothing", "|": "bars"}


def signed_content(case: Case, _result: Match) -> Iterator[Variation]:
    """The body alone, other joiners, another order, for recipes that sign more than the body."""
    recipe = case.recipe
    if recipe.signed is None or recipe.algorithm == "token" or len(recipe.signed.parts) == 1:
        return
    seen = {recipe.signed.text}
    for reason, what, text in _other_templates(recipe.signed, timed=recipe.timestamp is not None):
        if text not in seen:
            seen.add(text)
            yield with_recipe(case, replace(recipe, signed=parse_template(text)), reason, what)


def _other_templates(template: Template, *, timed: bool) -> Iterator[tuple[str, str, str]]:
    fields = [str(part) for part in template.fields]
    kinds = {part.kind for part in template.fields}
    secret = "{secret}" if "secret" in kinds else ""
    if "body" in kinds:
        alone = "timestamp_not_signed" if timed else "url_not_signed" if "url" in kinds else "wrong_signed_content"
        what = "the time" if timed else "the URL" if "url" in kinds else "the rest"
        yield alone, f"only the body were signed, without {what}", secret + "{body}"
    if "url" in kinds:
        rest = template.text.replace("{url}", "")
        if parse_template(rest).fields:
            yield "url_not_signed", "the URL were not signed", rest
    wrong = "wrong_signed_content"
    for joiner, name in _JOINERS.items():
        yield wrong, f"{name} joined the parts of what is signed", joiner.join(f"{{{field}}}" for field in fields)
    literal = next((part for part in template.parts if isinstance(part, str)), "")
    backwards = literal.join(f"{{{field}}}" for field in reversed(fields))
    yield wrong, "the parts of what is signed stood in the opposite order", backwards
    for field in fields:
        if field not in {"body", "secret"} and len(fields) > 2:
            yield wrong, f"{field} were not signed", template.text.replace(f"{{{field}}}", "")
