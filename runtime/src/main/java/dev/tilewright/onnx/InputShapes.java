package dev.tilewright.onnx;

import dev.tilewright.tensor.Shape;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Compares the shapes a user gives with what the model says of its inputs. */
final class InputShapes {
  private InputShapes() {}

  /**
   * @throws InputException if an input is missing or unknown, or a shape does not fit
   */
  static void check(List<Signature> inputs, Map<String, Shape> shapes) {
    TreeSet<String> unknown = new TreeSet<>(shapes.keySet());
    Set<String> known = new HashSet<>();
    for (Signature input : inputs) {
      for (String name : input.tensors(shapes.keySet())) {
        if (!known.add(name)) {
          throw new InputException("'" + name + "' is an input and an element of another");
        }
      }
    }
    unknown.removeAll(known);
    if (!unknown.isEmpty()) {
      throw new InputException("the model has no input " + unknown + "; its inputs are " + inputs);
    }
    Map<String, Integer> symbols = new HashMap<>();
    for (Signature input : inputs) {
      for (String name : input.tensors(shapes.keySet())) {
        Shape shape = shapes.get(name);
        if (shape == null) {
          throw new InputException("a shape for input " + input + " is missing");
        }
        if (!input.sequence()) {
          check(input, shape, symbols);
        }
      }
    }
  }

  private static void check(Signature input, Shape shape, Map<String, Integer> symbols) {
    if (shape.rank() != input.dims().size()) {
      throw new InputException(
          "input " + input + " has " + input.dims().size() + " dimensions, given: " + shape);
    }
    for (int i = 0; i < shape.rank(); i++) {
      Signature.Dim dim = input.dims().get(i);
      int size = shape.dim(i);
      if (!dim.isOpen() && dim.size() != size) {
        throw new InputException(
            "dimension " + i + " of input " + input + " is fixed, given: " + shape);
      }
      String symbol = dim.symbol();
      if (symbol != null) {
        Integer other = symbols.putIfAbsent(symbol, size);
        if (other != null && other != size) {
          throw new InputException(
              "'"
                  + symbol
                  + "' is "
                  + other
                  + " and "
                  + size
                  + " in the shapes given: all "
                  + "dimensions of this name must agree");
        }
      }
    }
  }
}
