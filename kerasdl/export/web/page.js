// Classifies a dropped picture with model.onnx.

import {pixelsOf} from "./preprocessing.js";

const SHOWN = 6;
const RUNTIME = "./node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs";
const [drop, picture, said, list] = ["drop", "picture", "status", "classes"].map((id) => document.getElementById(id));

function say(text, isProblem = false) {
  said.textContent = text;
  said.className = isProblem ? "problem" : "";
}

async function loaded() {
  const ort = await import(RUNTIME).catch(() => {
    throw new Error("ONNX Runtime Web is not here: run npm install in the folder of this page.");
  });
  // More need headers that few servers send.
  ort.env.wasm.numThreads = 1;
  const facts = await (await fetch("preprocessing.json")).json();
  return {ort, facts, session: await ort.InferenceSession.create("model.onnx")};
}

/** The probability of each class, the most probable first. */
async function classify(file, {ort, facts, session}) {
  // Without the color profile, as in the training; upright.
  const bitmap = await createImageBitmap(file, {colorSpaceConversion: "none"}).catch(() => {
    throw new Error(`${file.name} is no picture that the browser decodes.`);
  });
  const {width, height} = bitmap;
  const canvas = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
  canvas.fillStyle = "white";
  canvas.fillRect(0, 0, width, height);
  canvas.drawImage(bitmap, 0, 0);
  const pixels = pixelsOf(canvas.getImageData(0, 0, width, height), facts);
  const input = new ort.Tensor("float32", pixels, [1, facts.height, facts.width, facts.channels]);
  const found = await session.run({[session.inputNames[0]]: input});
  const numbers = [...found[session.outputNames[0]].data];
  return numbers.map((probability, at) => [facts.classes[at], probability]).sort((a, b) => b[1] - a[1]);
}

function item([name, probability]) {
  const [line, label, bar, share] = ["li", "span", "i", "data"].map((kind) => document.createElement(kind));
  const percent = `${(100 * probability).toFixed(2)} %`;
  label.textContent = name;
  bar.append(document.createElement("b"));
  bar.firstChild.style.width = percent.replace(" ", "");
  share.value = probability;
  share.textContent = percent;
  line.append(label, bar, share);
  return line;
}

async function answer(file, network) {
  if (!file) return;
  list.replaceChildren();
  say("Computing …");
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(file);
  picture.alt = file.name;
  picture.onload = () => picture.classList.toggle("small", picture.naturalWidth < 128);
  try {
    const found = await classify(file, network);
    list.append(...found.slice(0, SHOWN).map(item));
    picture.hidden = false;
    const more = found.length - SHOWN;
    say(more > 0 ? `${file.name}; ${more} less probable classes are not shown` : file.name);
  } catch (error) {
    picture.hidden = true;
    say(error.message, true);
  }
}

try {
  const network = await loaded();
  drop.querySelector("input").addEventListener("change", (event) => answer(event.target.files[0], network));
  for (const kind of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop") answer(event.dataTransfer.files[0], network);
    });
  }
  say("Ready.");
} catch (error) {
  say(error.message, true);
}
