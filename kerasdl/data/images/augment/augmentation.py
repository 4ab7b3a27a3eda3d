"""Augmentation of image batches: geometry in one matrix and one resampling, then lighting, color and texture.

All random numbers come from the caller, one row per sample, so that a sample's augmentation does not depend on its
batch.
"""

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import tensorflow as tf
from kerasdl.arguments import known_arguments
from kerasdl.data.draws import between, happens
from kerasdl.data.images.augment import geometry, lighting, texture
from kerasdl.data.images.augment.draws import COLUMNS, named, sides, whole
from kerasdl.data.images.resampling import resample
from kerasdl.deprecation import RenamedAttribute

_BELOW = {"crop": 1, "crop_area": 1, "warp": 0.5, "shear": 90, "brightness": 1, "contrast": 1, "saturation": 1}
_UP_TO = {"hue": 0.5} | dict.fromkeys(
    ("flip", "flip_vertical", "dihedral", "erase", "p_affine", "p_lighting", "p_texture"), 1
)


@known_arguments()
@dataclass(frozen=True, repr=False)
class Augmentation:
    """Random changes of images, each with its strength; 0 switches it off.

    For classification: boxes, masks and points are not transformed. Draws are uniform unless stated otherwise.

    Attributes:
        flip: Whether to flip horizontally with probability 0.5.
        flip_vertical: Whether to flip vertically with probability 0.5.
        dihedral: Whether to apply one of the eight symmetries of a square (quarter turns and flips).
        crop: Random crop; its side is drawn from [1 - crop, 1] of the image's side.
        crop_area: The crop's area is drawn from [1 - crop_area, 1] of the image's area (random resized crop, Szegedy
            et al., arXiv:1409.4842, uses 0.92).
        crop_aspect: The crop's aspect ratio differs from the image's by a factor drawn log-uniformly from
            [1 / (1 + crop_aspect), 1 + crop_aspect], limited to crops that fit (the same paper uses 1/3).
        warp: Perspective: along each axis, one edge grows by a share drawn from [-warp, warp] and the opposite edge
            shrinks.
        rotate: Degrees, drawn from [-rotate, rotate].
        shear: Degrees by which vertical lines lean, drawn from [-shear, shear].
        scale: Scale factor about the center, drawn log-uniformly from [1 / (1 + scale), 1 + scale].
        zoom: Scale factor about a random point, drawn from [1, 1 + zoom].
        translate: Shift along each axis, drawn from [-translate, translate] of the image's side.
        pad: Shift along each axis by an integer number of pixels from -pad to pad: a random crop of the padded image.
        brightness: Mid-gray moves to a value drawn from [1 - brightness, 1 + brightness] times 127.5; other values
            shift by the same amount on the logit scale, so that nothing clips.
        contrast: Factor on the logit scale, drawn log-uniformly from [1 - contrast, 1 / (1 - contrast)].
        saturation: Factor on the distance from gray, drawn like that of contrast; color images only.
        hue: Share of the color circle, drawn from [-hue, hue]; color images only.
        blur: Standard deviation of a Gaussian blur in pixels, drawn from [0, blur].
        noise: Standard deviation of Gaussian noise as a share of 255, drawn from [0, noise].
        erase: Fills a box with random pixels; its area is drawn from [0.02, erase] of the image's area, its aspect
            ratio log-uniformly from [0.3, 1 / 0.3] (random erasing, arXiv:1708.04896, uses 0.4 and p_texture=0.5).
        p_affine: Probability of each of warp (per axis), rotate, shear, scale, zoom and translate.
        p_lighting: Probability of each of brightness, contrast, saturation and hue.
        p_texture: Probability of each of blur, noise and erase.

    Raises:
        ValueError: A strength or a probability is out of range.

    Example:
        >>> Augmentation(rotate=10)(images, tf.random.stateless_uniform((len(images), Augmentation.num_draws), (1, 2)))
    """

    flip: bool = False
    flip_vertical: bool = False
    dihedral: bool = False
    crop: float = 0.0
    crop_area: float = 0.0
    crop_aspect: float = 0.0
    warp: float = 0.0
    rotate: float = 0.0
    shear: float = 0.0
    scale: float = 0.0
    zoom: float = 0.0
    translate: float = 0.0
    pad: int = 0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    erase: float = 0.0
    p_affine: float = 1.0
    p_lighting: float = 1.0
    p_texture: float = 1.0

    num_draws: ClassVar[int] = len(COLUMNS)
    """Uniform random numbers per sample."""
    draws = RenamedAttribute("num_draws")

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            # Written so that NaN is an error, too.
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} must be a non-negative number. Received: {name}={value}")
            if not value < _BELOW.get(name, math.inf):
                raise ValueError(f"{name} must be below {_BELOW[name]}. Received: {name}={value}")
            if not value <= _UP_TO.get(name, math.inf):
                raise ValueError(f"{name} must be at most {_UP_TO[name]}. Received: {name}={value}")
        if self.crop_aspect and not self.crop_area:
            raise ValueError(
                f"crop_aspect needs crop_area: give both. Received: crop_aspect={self.crop_aspect}, crop_area=0"
            )
        if self.pad != int(self.pad):
            raise ValueError(f"pad must be an integer number of pixels. Received: pad={self.pad}")

    def __repr__(self) -> str:
        """Shows only values that differ from the defaults."""
        set_ones = {field.name: getattr(self, field.name) for field in fields(self)}
        shown = [f"{name}={value!r}" for name, value in set_ones.items() if value != getattr(type(self), name)]
        return f"Augmentation({', '.join(shown)})"

    def __call__(self, images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        """Augments a batch.

        Args:
            images: uint8 (batch, height, width, channels).
            draws: float32 (batch, `num_draws`), uniform in [0, 1).

        Returns:
            float32 of the shape of `images`, within 0..255.
        """
        size = tuple(images.shape[1:3]) if None not in images.shape[1:3] else tf.unstack(tf.shape(images)[1:3])
        return self.finish(resample(images, self.transforms(draws, size), size), draws)

    def seeded(self, images: tf.Tensor, seed: int, indices: tf.Tensor | None = None) -> tf.Tensor:
        """Augments a batch with random numbers from a seed: a pure function of (image, seed, index).

        Args:
            images: uint8 (batch, height, width, channels).
            seed: Random seed.
            indices: Integers (batch,), the row of random numbers of each sample; by default 0, 1, …

        Returns:
            float32 of the shape of `images`, within 0..255.

        Example:
            >>> standard().seeded(images, seed=3)
        """
        indices = tf.range(tf.shape(images)[0]) if indices is None else tf.convert_to_tensor(indices)
        pair = tf.stack([tf.cast(seed, tf.int64), 0])
        rows = tf.random.stateless_uniform((tf.reduce_max(indices) + 1, self.num_draws), pair)
        return self(images, tf.gather(rows, indices))

    def transforms(self, draws: tf.Tensor, size: tuple[Any, Any]) -> tf.Tensor:
        """Draws the geometry: matrices from output points to image points, for `resample`.

        Args:
            draws: float32 (batch, `num_draws`), uniform in [0, 1).
            size: (height, width) of the output in pixels.

        Returns:
            float32 (batch, 3, 3), in output pixels from the center.
        """
        draw = named(draws)
        height, width = (tf.cast(side, tf.float64) for side in size)

        def affine(strength: float, name: str) -> tf.Tensor:
            return between(-strength, strength, happens(draw[name], self.p_affine))

        # From image to output. Only what is switched on: small matrix products are expensive for a batch of one image.
        found = [tf.eye(3, batch_shape=[tf.shape(draws)[0]], dtype=tf.float64)]
        if self.crop or self.crop_area or self.crop_aspect:
            found.append(self._window(draw, height, width))
        if self.warp:
            found.append(geometry.perspective(affine(self.warp, "warp_left"), affine(self.warp, "warp_top"), size))
        if self.flip or self.flip_vertical:
            mirrored = draw["flip"] < 0.5 * self.flip, draw["flip_vertical"] < 0.5 * self.flip_vertical
            found.append(geometry.reflection(*mirrored))
        if self.dihedral:
            found.append(geometry.dihedral(tf.cast(8 * draw["dihedral"], tf.int32)))
        if self.rotate:
            found.append(geometry.rotation(affine(self.rotate, "rotate")))
        if self.shear:
            found.append(geometry.shearing(affine(self.shear, "shear")))
        if self.scale:
            found.append(geometry.scaling(tf.exp(affine(math.log(1 + self.scale), "scale"))))
        if self.zoom:
            factor = 1 + self.zoom * happens(draw["zoom"], self.p_affine, neutral=0.0)
            point = (draw["zoom_right"] - 0.5) * width, (draw["zoom_down"] - 0.5) * height
            found.append(geometry.scaling(factor, *point))
        if self.translate:
            right, down = affine(self.translate, "translate_right"), affine(self.translate, "translate_down")
            found.append(geometry.translation(right * width, down * height))
        if self.pad:
            found.append(geometry.translation(*(whole(self.pad, draw[name]) for name in ("pad_right", "pad_down"))))
        return tf.cast(geometry.compose(*found), tf.float32)

    def finish(self, images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        """Applies what follows the geometry: lighting, color, blur, noise, erasing.

        Args:
            images: uint8 or float32 (batch, height, width, channels), 0..255, the output of `resample`.
            draws: float32 (batch, `num_draws`), the same as for `transforms`.

        Returns:
            float32 of the shape of `images`, within 0..255.

        Raises:
            ValueError: Saturation or hue is switched on, and images do not have three channels.
        """
        draw = named(draws)
        return self._texture(self._light(images, draw), draw)

    def _window(self, draw: dict[str, tf.Tensor], height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
        side = 1 - self.crop * draw["crop"]
        wide, high = sides(1 - self.crop_area * draw["crop_area"], 1 + self.crop_aspect, draw["crop_aspect"])
        wide, high = side * wide, side * high
        right, down = (draw["crop_right"] - 0.5) * (1 - wide) * width, (draw["crop_down"] - 0.5) * (1 - high) * height
        return geometry.window(wide, high, right, down)

    def _light(self, images: tf.Tensor, draw: dict[str, tf.Tensor]) -> tf.Tensor:
        if (self.saturation or self.hue) and images.shape[-1] != 3:
            raise ValueError(f"Saturation and hue need three channels. Received: images of shape {images.shape}")

        def drawn(strength: float, name: str) -> tf.Tensor:
            return between(-strength, strength, happens(draw[name], self.p_lighting))

        if self.brightness or self.contrast:
            # The logit of (1 + b) / 2 is 2 artanh(b).
            shift = 2 * tf.atanh(drawn(self.brightness, "brightness"))
            factor = tf.exp(drawn(math.log(1 - self.contrast), "contrast"))
            images = lighting.light(images, brightness=shift, contrast=factor)
        images = tf.cast(images, tf.float32)
        if self.saturation:
            images = lighting.saturate(images, tf.exp(drawn(math.log(1 - self.saturation), "saturation")))
        if self.hue:
            images = lighting.turn_hue(images, drawn(self.hue, "hue"))
        return images

    def _texture(self, images: tf.Tensor, draw: dict[str, tf.Tensor]) -> tf.Tensor:
        def drawn(strength: float, name: str) -> tf.Tensor:
            return strength * happens(draw[name], self.p_texture, neutral=0.0)

        seeds = tf.stack([draw["seed"], draw["other_seed"]], axis=1)
        seeds = tf.bitcast(tf.cast(seeds, tf.float32), tf.int32)
        if self.blur:
            images = texture.blur(images, drawn(self.blur, "blur"), radius=math.ceil(3 * self.blur))
        if self.noise:
            images = texture.add_noise(images, drawn(255 * self.noise, "noise"), seeds)
        if self.erase:
            low = min(0.02, self.erase)
            area = low + drawn(self.erase - low, "erase")
            wide, high = sides(area, 1 / 0.3, draw["erase_aspect"])
            wide = tf.where(draw["erase"] < self.p_texture, wide, tf.zeros_like(wide))
            images = texture.erase(images, wide, high, draw["erase_right"], draw["erase_down"], seeds)
        return images


@known_arguments()
def standard(*, flip: bool = False) -> Augmentation:
    """For photographs: the same as fastai's `aug_transforms`; set `flip` if mirrored images are equally likely.

    Each with probability 0.75: perspective 0.2 along each axis, rotation by 10 degrees, zoom 1 to 1.1 about a random
    point, brightness 0.2, contrast 0.8 to 1.25. Probabilities and ranges are those of fastai 2.8.12
    (https://docs.fast.ai/vision.augment.html#aug_transforms), where `flip` is called `do_flip`.

    Example:
        >>> standard(flip=True).rotate
        10.0
    """
    return Augmentation(
        flip=flip, warp=0.2, rotate=10.0, zoom=0.1, brightness=0.2, contrast=0.2, p_affine=0.75, p_lighting=0.75
    )


@known_arguments()
def light(*, flip: bool = False) -> Augmentation:
    """Weak augmentation, for short training and small models: crops from 0.9 of the side, half of standard lighting.

    Example:
        >>> light().crop
        0.1
    """
    return Augmentation(flip=flip, crop=0.1, rotate=3.0, brightness=0.1, contrast=0.1)


@known_arguments()
def digits() -> Augmentation:
    """For digits and letters, without flips: rotation and shear by 10 degrees, scale and shift by a tenth.

    Example:
        >>> digits().flip
        False
    """
    return Augmentation(rotate=10.0, shear=10.0, scale=0.1, translate=0.1)


@known_arguments()
def cifar() -> Augmentation:
    """The usual augmentation of CIFAR's 32x32 photographs: pad by 4, random crop, flip (He et al., arXiv:1512.03385).

    The border is reflected; the paper pads with zeros.

    Example:
        >>> cifar().pad
        4
    """
    return Augmentation(flip=True, pad=4)
