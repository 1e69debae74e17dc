package dev.tilewright.zoo.algorithm;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.NumpyFile;
import dev.tilewright.Shared;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Inputs and outputs of an algorithm, and its intermediate values. */
record Golden(Path folder) {
  /** The cases of a system, such as {@code algorithm/hdc}. */
  static List<Golden> of(String system) {
    try (Stream<Path> cases = Files.list(Shared.fixtures(system))) {
      return cases.sorted().map(Golden::new).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String name() {
    return folder.getFileName().toString();
  }

  JsonObject meta() {
    try {
      return JsonParser.parseString(Files.readString(folder.resolve("meta.json")))
          .getAsJsonObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  JsonObject params() {
    return meta().getAsJsonObject("params");
  }

  int integer(String parameter) {
    return params().get(parameter).getAsInt();
  }

  Tensor array(String name) {
    try {
      return NumpyFile.read(folder.resolve(name + ".npy"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of float64, which no model has. */
  double[] doubles(String name) {
    try {
      ByteBuffer file =
          ByteBuffer.wrap(Files.readAllBytes(folder.resolve(name + ".npy")))
              .order(ByteOrder.LITTLE_ENDIAN);
      DoubleBuffer values = file.position(10 + file.getShort(8)).asDoubleBuffer();
      double[] copy = new double[values.remaining()];
      values.get(copy);
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Rows of an array of float32 [..., 4]. */
  List<Box> boxes(String name) {
    float[] v = array(name).toFloats();
    return Stream.iterate(0, i -> i < v.length, i -> i + 4)
        .map(i -> new Box(v[i], v[i + 1], v[i + 2], v[i + 3]))
        .toList();
  }
}
