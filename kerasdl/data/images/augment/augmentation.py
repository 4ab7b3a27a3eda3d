"""Augmentation of image batches: geometry composed into one matrix and sampled once, then light, colour and texture.

Every random number comes from the caller, a row a sample, so that what happens to a sample does not depend on the
batch it travels in.
"""

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import tensorflow as tf
from kerasdl.data.images.augment import geometry, lighting, texture
from kerasdl.data.images.augment.draws import COLUMNS, between, happens, named, sides, whole
from kerasdl.data.images.resampling import resample
from kerasdl.deprecation import RenamedAttribute

_BELOW = {"crop": 1, "crop_area": 1, "warp": 0.5, "shear": 90, "brightness": 1, "contrast": 1, "saturation": 1}
_UP_TO = {"hue": 0.5} | dict.fromkeys(
    ("flip", "flip_vertical", "dihedral", "erase", "p_affine", "p_lighting", "p_texture"), 1
)


@dataclass(frozen=True, repr=False)
class Augmentation:
    """How far an image may be changed; every strength is 0 for "not at all".

    For classification: boxes, masks and points do not follow the image. Every draw is uniform unless said otherwise.

    Attributes:
        flip: Whether every other image is mirrored left to right.
        flip_vertical: Whether every other image is mirrored top to bottom.
        dihedral: Whether an image is laid down in one of the eight ways of a square.
        crop: A window is cut at a random place, its side drawn from [1 - crop, 1] of the image's.
        crop_area: The window's area is drawn from [1 - crop_area, 1] of the image's (random resized crop, Szegedy et
            al., arXiv:1409.4842, has 0.92).
        crop_aspect: The window's aspect differs from the image's by a factor drawn log-uniformly from
            [1 / (1 + crop_aspect), 1 + crop_aspect], as far as such a window fits (the same paper has 1/3).
        warp: Perspective: an edge grows by a share drawn from [-warp, warp], the opposite one shrinks; along each axis.
        rotate: Degrees, drawn from [-rotate, rotate].
        shear: Degrees by which vertical lines lean, drawn from [-shear, shear].
        scale: Factor about the centre, drawn log-uniformly from [1 / (1 + scale), 1 + scale].
        zoom: Factor about a random point, drawn from [1, 1 + zoom].
        translate: Shift along each axis, drawn from [-translate, translate] of the image's side.
        pad: Shift along each axis by a whole number of pixels from -pad to pad, as a window of the padded image has.
        brightness: Mid-grey moves to a value drawn from [1 - brightness, 1 + brightness] times 127.5, the others by
            the same on the logit scale; nothing clips.
        contrast: Factor on the logit scale, drawn log-uniformly from [1 - contrast, 1 / (1 - contrast)].
        saturation: The same, of the distance from grey; colour images only.
        hue: Share of the circle of colours, drawn from [-hue, hue]; colour images only.
        blur: Deviation in pixels of a Gaussian, drawn from [0, blur].
        noise: Deviation of Gaussian noise as a share of 255, drawn from [0, noise].
        erase: A box becomes random pixels, its area drawn from [0.02, erase] of the image's, its aspect
            log-uniformly from [0.3, 1 / 0.3] (random erasing, arXiv:1708.04896, has 0.4 and p_texture=0.5).
        p_affine: How often each of warp (along either axis), rotate, shear, scale, zoom and translate happens.
        p_lighting: How often each of brightness, contrast, saturation and hue happens.
        p_texture: How often each of blur, noise and erase happens.

    Raises:
        ValueError: A strength or a probability is out of its range.

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
            # In this form NaN is refused, too.
            if not 0 <= value < math.inf:
                raise ValueError(f"A strength is a number from 0. Received: {name}={value}")
            if not value < _BELOW.get(name, math.inf):
                raise ValueError(f"{name} must be below {_BELOW[name]}. Received: {name}={value}")
            if not value <= _UP_TO.get(name, math.inf):
                raise ValueError(f"{name} can be {_UP_TO[name]} at most. Received: {name}={value}")
        if self.crop_aspect and not self.crop_area:
            raise ValueError(
                f"crop_aspect is that of a window of crop_area: give both. Received: crop_aspect={self.crop_aspect}"
            )
        if self.pad != int(self.pad):
            raise ValueError(f"pad is a whole number of pixels. Received: pad={self.pad}")

    def __repr__(self) -> str:
        """Only what is not as by default: most strengths are 0."""
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
        """Augments a batch by numbers made from a seed: a pure function of (image, seed, index).

        Args:
            images: uint8 (batch, height, width, channels).
            seed: Of all numbers.
            indices: Whole numbers (batch,), which rows of numbers; by default 0, 1, …

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
        """The geometry: matrices from output points to picture points, for `resample`.

        Args:
            draws: float32 (batch, `num_draws`), uniform in [0, 1).
            size: (height, width) of the output in pixels.

        Returns:
            float32 (batch, 3, 3), in output pixels from the centre.
        """
        draw = named(draws)
        height, width = (tf.cast(side, tf.float64) for side in size)

        def affine(strength: float, name: str) -> tf.Tensor:
            return between(-strength, strength, happens(draw[name], self.p_affine))

        # From the picture to the output; only what is asked for, for small matrices cost a batch of one image dear.
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
        """What comes after the geometry: light, colour, blur, noise, erasing.

        Args:
            images: float32 (batch, height, width, channels), 0..255, as `resample` gives them.
            draws: float32 (batch, `num_draws`), the same as for `transforms`.

        Returns:
            float32 of the shape of `images`, within 0..255.

        Raises:
            ValueError: Saturation or hue is to change, and images do not have three channels.
        """
        draw = named(draws)
        return self._texture(self._light(tf.cast(images, tf.float32), draw), draw)

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


def standard(*, flip: bool = False) -> Augmentation:
    """What fastai's `aug_transforms` does to photographs; `flip` only where a mirrored image is as likely.

    Each with a probability of 0.75: perspective 0.2 along either axis, rotation by 10 degrees, zoom 1 to 1.1 about a
    random point, mid-grey moved by a fifth, contrast 0.8 to 1.25. Probabilities and ranges are those of fastai 2.8.12
    (https://docs.fast.ai/vision.augment.html#aug_transforms), whose `do_flip` is our `flip`.

    Example:
        >>> standard(flip=True).rotate
        10.0
    """
    return Augmentation(
        flip=flip, warp=0.2, rotate=10.0, zoom=0.1, brightness=0.2, contrast=0.2, p_affine=0.75, p_lighting=0.75
    )


def light(*, flip: bool = False) -> Augmentation:
    """A little of everything, for short trainings and small models: windows of 0.9 of the side, half of the light.

    Example:
        >>> light().crop
        0.1
    """
    return Augmentation(flip=flip, crop=0.1, rotate=3.0, brightness=0.1, contrast=0.1)


def digits() -> Augmentation:
    """For glyphs, which mirrored would be others: turned and slanted by 10 degrees, shifted and sized by a tenth.

    Example:
        >>> digits().flip
        False
    """
    return Augmentation(rotate=10.0, shear=10.0, scale=0.1, translate=0.1)


def cifar() -> Augmentation:
    """Pad by 4, cut a window, flip: what CIFAR's 32x32 photographs usually get (He et al., arXiv:1512.03385).

    The border is reflected where the paper has zeros.

    Example:
        >>> cifar().pad
        4
    """
    return Augmentation(flip=True, pad=4)
