"""The models of the built-in data that tests speak of, by their ids."""

from bot.domain.image_models import IMAGE_MODELS, NEWEST

FLASH = "gemini-nano-banana-2.1"
LITE = "gemini-3.1-flash-lite-image"
PRO = "gemini-3-pro-image"
OLD_FLASH = "gemini-3.1-flash-image"
"""What the default line was until October 2026; it is deprecated."""

flash, lite, pro = NEWEST
old_flash = IMAGE_MODELS.model(OLD_FLASH)
