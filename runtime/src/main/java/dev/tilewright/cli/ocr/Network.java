package dev.tilewright.cli.ocr;

import dev.tilewright.tensor.Tensor;

/** A network with one input and one output. */
interface Network {
  Tensor run(Tensor input);
}
