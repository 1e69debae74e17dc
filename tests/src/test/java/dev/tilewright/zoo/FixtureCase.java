package dev.tilewright.zoo;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.tilewright.Fixture;
import dev.tilewright.zoo.build.ConvSpec;
import java.io.IOException;
import java.util.stream.StreamSupport;

/** The parameters of a fixture, under the names its authors gave them. */
record FixtureCase(Fixture fixture, JsonObject meta) {
  static FixtureCase of(Fixture fixture) throws IOException {
    return new FixtureCase(fixture, fixture.meta());
  }

  String system() {
    return meta.get("kind").getAsString() + "/" + meta.get("system").getAsString();
  }

  String name() {
    return meta.get("case").getAsString();
  }

  /** Of the model in its first form, or -1 if not counted. */
  long macs() {
    JsonElement macs = meta.get("macs");
    // Counted with the depthwise layer whose result that code throws away: the model has none.
    boolean withDead = system().equals("block/ulsam") && name().startsWith("seed");
    return macs == null || withDead ? -1 : macs.getAsJsonObject().get("model.onnx").getAsLong();
  }

  /** Size of an input or output along an axis. */
  int size(String list, int index, int axis) {
    JsonObject tensor = meta.getAsJsonArray(list).get(index).getAsJsonObject();
    return tensor.getAsJsonArray("shape").get(axis).getAsInt();
  }

  boolean has(String parameter) {
    JsonElement value = meta.getAsJsonObject("params").get(parameter);
    return value != null && !value.isJsonNull();
  }

  private JsonElement get(String parameter) {
    JsonElement value = meta.getAsJsonObject("params").get(parameter);
    if (value == null) {
      throw new AssertionError(fixture.name() + " has no parameter " + parameter);
    }
    return value;
  }

  int integer(String parameter) {
    return get(parameter).getAsInt();
  }

  int integer(String parameter, int otherwise) {
    return has(parameter) ? integer(parameter) : otherwise;
  }

  double number(String parameter) {
    return get(parameter).getAsDouble();
  }

  boolean flag(String parameter) {
    return get(parameter).getAsBoolean();
  }

  String text(String parameter) {
    return get(parameter).getAsString();
  }

  /** A list; a single number is a list of one. */
  int[] integers(String parameter) {
    if (get(parameter) instanceof JsonArray list) {
      return StreamSupport.stream(list.spliterator(), false)
          .mapToInt(JsonElement::getAsInt)
          .toArray();
    }
    return new int[] {integer(parameter)};
  }

  /** cout, kernel, stride, padding, dilation, groups, bias: those it has. */
  ConvSpec conv() {
    int cout = integer("cout", size("outputs", 0, 1));
    int[] kernel = integers("kernel");
    ConvSpec conv =
        ConvSpec.of(cout, kernel[0], kernel[kernel.length - 1])
            .stride(integer("stride", 1))
            .dilation(integer("dilation", 1))
            .groups(integer("groups", 1));
    if (has("padding")) {
      int[] padding = integers("padding");
      conv = conv.padding(padding[0], padding[padding.length - 1]);
    }
    return has("bias") && get("bias").getAsJsonPrimitive().isBoolean()
        ? conv.bias(flag("bias"))
        : conv;
  }
}
