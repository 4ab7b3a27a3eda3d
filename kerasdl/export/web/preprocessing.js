// The pixels that the model takes, number for number those of kerasdl: arithmetic of 32 bits, in the same order.

const f = Math.fround;
// Weights of red, green and blue (ITU-R BT.601), in 1/65,536.
const LUMA = [19595, 38470, 7471];

/** A picture {width, height, data: RGBA bytes} as Float32Array (facts.height, facts.width, facts.channels) of 0..255. */
export function pixelsOf(picture, facts) {
  const {height, width, channels} = facts;
  const cropHeight = cropped(picture.height, picture.width, height, width);
  const cropWidth = cropped(picture.width, picture.height, width, height);
  const top = (picture.height - cropHeight) >> 1, left = (picture.width - cropWidth) >> 1;
  let rows = Array.from({length: cropHeight}, (_, y) => row(picture, top + y, left, cropWidth, channels));
  if (cropHeight !== height || cropWidth !== width) {
    const columns = swapped(resized(rows, height), channels);
    rows = swapped(resized(columns, width), channels);
  }
  const found = new Float32Array(height * width * channels);
  rows.forEach((each, y) => found.set(each.map(rounded), y * width * channels));
  return found;
}

/** How much of a side is left in the shape of the model's input. */
function cropped(side, other, target, otherTarget) {
  return Math.max(Math.min(side, Math.trunc(f(f(other * target) / f(otherTarget)))), 1);
}

function row(picture, y, left, width, channels) {
  const found = new Float32Array(width * channels);
  for (let x = 0; x < width; x++) {
    const at = 4 * (y * picture.width + left + x);
    const colors = picture.data.subarray(at, at + 3);
    if (channels === 3) found.set(colors, 3 * x);
    else found[x] = (LUMA[0] * colors[0] + LUMA[1] * colors[1] + LUMA[2] * colors[2] + 32768) >> 16;
  }
  return found;
}

/** Rows in another number: triangles as wide as an output pixel, or an input pixel if that is wider. */
function resized(rows, size) {
  const given = rows.length, scale = f(1 / f(f(size) / f(given))), width = Math.max(scale, 1), share = f(1 / width);
  return Array.from({length: size}, (_, at) => {
    const center = f((at + 0.5) * scale);
    const first = Math.max(Math.ceil(f(f(center - width) - 0.5)), 0);
    const last = Math.min(Math.floor(f(f(center + width) - 0.5)), given - 1);
    const weights = [];
    for (let each = first; each <= last; each++) {
      weights.push(Math.max(f(1 - Math.abs(f(f(each + 0.5 - center) * share))), 0));
    }
    const total = f(1 / weights.reduce((sum, weight) => f(sum + weight), 0));
    const found = new Float32Array(rows[0].length);
    weights.forEach((weight, step) => {
      const source = rows[first + step], factor = f(weight * total);
      for (let x = 0; x < found.length; x++) found[x] = f(found[x] + f(factor * source[x]));
    });
    return found;
  });
}

/** Rows as columns, whose numbers of a pixel stay together. */
function swapped(rows, channels) {
  return Array.from({length: rows[0].length / channels}, (_, x) => {
    const column = new Float32Array(rows.length * channels);
    rows.forEach((each, y) => column.set(each.subarray(channels * x, channels * (x + 1)), channels * y));
    return column;
  });
}

/** To the nearest whole number, halves to the even one. */
function rounded(number) {
  const found = Math.round(number);
  return found - number === 0.5 && found % 2 ? found - 1 : found;
}
