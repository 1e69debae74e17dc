package dev.tilewright.cli;

import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a run's inputs and refuses those that do not fit the model before anything is planned. */
record InputFiles(List<Signature> inputs, Map<String, Shape> shapes, ImageInput images) {
  /**
   * A tensor for each input.
   *
   * @param image for the only input that no file is given for, or null
   * @param files {@code NAME=FILE} each
   */
  Map<String, Tensor> read(@Nullable Path image, List<String> files) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String text : files) {
      // Of several '=' the first: file names may contain it as well, but a model's names rarely do.
      int equals = text.indexOf('=');
      if (equals < 0 && inputs.size() != 1) {
        throw new BadInputException(
            "--input " + text + " needs NAME=: the inputs are " + ShapeArguments.names(inputs));
      }
      String name = equals < 0 ? inputs.getFirst().name() : text.substring(0, equals);
      Signature input = ShapeArguments.named(inputs, name);
      if (tensors.put(name, tensor(input, name, Path.of(text.substring(equals + 1)))) != null) {
        throw new BadInputException("two files for the input " + name);
      }
    }
    if (image != null) {
      List<Signature> rest = inputs.stream().filter(i -> isMissing(i, tensors)).toList();
      if (rest.size() != 1) {
        throw new BadInputException(
            "--image stands for one input, without a file are: " + ShapeArguments.names(rest));
      }
      Signature input = rest.getFirst();
      tensors.put(
          input.name(), images.tensor(Picture.read(image), input, shapes.get(input.name())));
    }
    for (Signature input : inputs) {
      if (isMissing(input, tensors)) {
        throw new BadInputException(
            "nothing given for the input "
                + input
                + ": use --image FILE or --input "
                + input.name()
                + "=FILE.npy");
      }
    }
    return tensors;
  }

  private static boolean isMissing(Signature input, Map<String, Tensor> tensors) {
    return !input.sequence() && !input.optional() && !tensors.containsKey(input.name());
  }

  private Tensor tensor(Signature input, String as, Path file) throws IOException {
    String name = file.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".npy")) {
      Tensor tensor = NpyFile.read(file);
      Shape shape = shapes.get(as);
      Tensor shaped =
          shape != null && shape.elements() == tensor.shape().elements()
              ? tensor.reshape(shape)
              : tensor;
      if (shaped.dtype() != input.dtype()) {
        throw new BadInputException(
            file + " holds " + tensor.type() + ", the model needs " + input);
      }
      ShapeArguments.check(input, shaped.shape());
      return shaped;
    }
    if (name.endsWith(".bin")) {
      return raw(input, as, file);
    }
    throw new BadInputException(file + " is neither .npy nor .bin (for pictures: --image)");
  }

  /** Little-endian values, nothing else. */
  private Tensor raw(Signature input, String as, Path file) throws IOException {
    Shape shape = shapes.get(as);
    if (shape == null) {
      if (input.sequence() || ShapeArguments.isOpen(input)) {
        throw new BadInputException("the shape of " + input + " is open: add --shape for " + file);
      }
      shape = new Shape(input.dims().stream().map(Signature.Dim::size).toList());
    }
    TensorType type = new TensorType(input.dtype(), shape);
    long size = Files.size(file);
    if (size != type.bytes()) {
      throw new BadInputException(
          file + " has " + size + " bytes, " + type + " needs " + type.bytes());
    }
    return new Tensor(type, MemorySegment.ofArray(Files.readAllBytes(file)));
  }
}
