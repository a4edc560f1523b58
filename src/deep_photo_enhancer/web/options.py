"""What a client may wish for a photo."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from deep_photo_enhancer.enhancement.models import DEFAULT

Method = Literal["fast", "native", "fllf", "npea", "clhe"]
Amount = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]


class EnhanceOptions(BaseModel):
    """As the options of `dpe enhance`."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(DEFAULT, max_length=200, description="One of /api/models.")
    method: Method = Field("fast", description="How the change comes to full size.")
    strength: Amount = Field(1.0, description="Of the whole change: 0 nothing, 1 the model's own, 2 exaggerated.")
    light: Amount = Field(1.0, description="Of the change of light: 0 lightness stays, 2 exaggerated.")
    colour: Amount = Field(1.0, description="Of the change of colour: 0 hue and saturation stay, 2 exaggerated.")
    format: Literal["jpg", "png", "tif", "webp", "avif", "heic", "jp2", "jxl"] | None = Field(
        None, description="Of the answer; by default the photo's own, jpg for RAW."
    )
    quality: int | None = Field(None, ge=1, le=100, description="Of lossy formats; by default a JPEG's own for JPEG.")
    strip_gps: bool = Field(False, description="Leave out where the photo was taken.")

    @property
    def task(self) -> dict[str, Any]:
        """For a worker."""
        return {
            "model": self.model,
            "method": self.method,
            "amounts": {"strength": self.strength, "light": self.light, "colour": self.colour},
            "save": {"quality": self.quality, "metadata": "no-gps" if self.strip_gps else "all"},
            "format": self.format,
        }
