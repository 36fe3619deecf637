"""The vendors whose models the catalogue knows, one row each.

A provider belongs to a vendor if its URL has the vendor's origin, whatever its name and kind: a
vendor's models have the same names and prices in all of its APIs. A provider at any other origin
gets no data from here, because a proxy may charge other prices.
"""

import msgspec

from aircherd.config.model import Provider


class CatalogVendor(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor and its name in the two data sources.

    The vendor's API accepts `prefix` before a model name, and requires it if `needs_prefix`. The
    sources leave it out.
    """

    name: str
    origins: tuple[str, ...]
    genai_prices: str
    models_dev: str
    prefix: str = ""
    needs_prefix: bool = False


CATALOG_VENDORS: dict[str, CatalogVendor] = {
    vendor.name: vendor
    for vendor in (
        CatalogVendor(
            name="anthropic",
            origins=("https://api.anthropic.com:443",),
            genai_prices="anthropic",
            models_dev="anthropic",
        ),
        CatalogVendor(
            name="openai",
            origins=("https://api.openai.com:443",),
            genai_prices="openai",
            models_dev="openai",
        ),
        CatalogVendor(
            name="gemini",
            origins=("https://generativelanguage.googleapis.com:443",),
            genai_prices="google",
            models_dev="google",
            prefix="models/",
        ),
        CatalogVendor(
            name="openrouter",
            origins=("https://openrouter.ai:443",),
            genai_prices="openrouter",
            models_dev="openrouter",
        ),
        CatalogVendor(
            name="mistral",
            origins=("https://api.mistral.ai:443",),
            genai_prices="mistral",
            models_dev="mistral",
        ),
        CatalogVendor(
            name="deepseek",
            origins=("https://api.deepseek.com:443",),
            genai_prices="deepseek",
            models_dev="deepseek",
        ),
        CatalogVendor(
            name="groq",
            origins=("https://api.groq.com:443",),
            genai_prices="groq",
            models_dev="groq",
        ),
        CatalogVendor(
            name="xai",
            origins=("https://api.x.ai:443",),
            genai_prices="x-ai",
            models_dev="xai",
        ),
        CatalogVendor(
            name="together",
            origins=("https://api.together.xyz:443", "https://api.together.ai:443"),
            genai_prices="together",
            models_dev="togetherai",
        ),
        CatalogVendor(
            name="fireworks",
            origins=("https://api.fireworks.ai:443",),
            genai_prices="fireworks",
            models_dev="fireworks-ai",
            prefix="accounts/fireworks/models/",
            needs_prefix=True,
        ),
        CatalogVendor(
            name="cohere",
            origins=("https://api.cohere.com:443", "https://api.cohere.ai:443"),
            genai_prices="cohere",
            models_dev="cohere",
        ),
        CatalogVendor(
            name="cerebras",
            origins=("https://api.cerebras.ai:443",),
            genai_prices="cerebras",
            models_dev="cerebras",
        ),
        CatalogVendor(
            name="perplexity",
            origins=("https://api.perplexity.ai:443",),
            genai_prices="perplexity",
            models_dev="perplexity",
        ),
        CatalogVendor(
            name="moonshot",
            origins=("https://api.moonshot.ai:443", "https://api.moonshot.cn:443"),
            genai_prices="moonshotai",
            models_dev="moonshotai",
        ),
        CatalogVendor(
            name="zai",
            origins=("https://api.z.ai:443",),
            genai_prices="zai",
            models_dev="zai",
        ),
        CatalogVendor(
            name="minimax",
            origins=("https://api.minimax.io:443",),
            genai_prices="minimax",
            models_dev="minimax",
        ),
    )
}

_BY_ORIGIN = {origin: vendor for vendor in CATALOG_VENDORS.values() for origin in vendor.origins}


def catalog_vendor_of(provider: Provider) -> CatalogVendor | None:
    """Return the vendor that the provider's origin belongs to, None if it is unknown."""
    return _BY_ORIGIN.get(provider.origin)
