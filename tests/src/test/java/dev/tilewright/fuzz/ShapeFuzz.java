package dev.tilewright.fuzz;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.graph.ShapeInference;
import dev.tilewright.tensor.TensorType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;

/**
 * Any operator over tensors of any types has types for its results, or is refused with a {@link
 * ShapeException}. Operators are made from bytes by their record's own components.
 */
public final class ShapeFuzz {
  private ShapeFuzz() {}

  /** The entry that Jazzer calls. */
  public static void fuzzerTestOneInput(byte[] data) {
    Choices choices = new Choices(data, 0);
    try {
      Op op = (Op) sealed(Op.class, choices);
      List<TensorType> in = new ArrayList<>();
      for (int i = choices.below(5); i > 0; i--) {
        in.add((TensorType) record(TensorType.class, choices));
      }
      for (TensorType type : ShapeInference.infer(op, in)) {
        if (type.bytes() < 0) {
          throw new AssertionError(op + " on " + in + " gives " + type);
        }
      }
    } catch (IllegalArgumentException impossibleOperatorOrShape) {
      // of the records' own constructors
    } catch (ShapeException documented) {
      // as promised
    }
  }

  private static Object sealed(Class<?> type, Choices choices) {
    Class<?>[] kinds = type.getPermittedSubclasses();
    return record(kinds[choices.below(kinds.length)], choices);
  }

  private static Object record(Class<?> type, Choices choices) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      types[i] = components[i].getType();
      values[i] = value(types[i], components[i].getGenericType(), choices);
    }
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(type.getName(), e);
    }
  }

  private static Object value(Class<?> type, Type generic, Choices choices) {
    if (type == int.class || type == Integer.class) {
      return size(choices);
    } else if (type == long.class || type == Long.class) {
      return choices.number();
    } else if (type == boolean.class) {
      return choices.below(2) == 1;
    } else if (type == float.class) {
      return Float.intBitsToFloat((int) choices.number());
    } else if (type == double.class || type == Double.class) {
      return choices.below(8) == 0 ? Double.NaN : choices.number() / 2.0;
    } else if (type.isEnum()) {
      return type.getEnumConstants()[choices.below(type.getEnumConstants().length)];
    } else if (type == List.class) {
      Type element = ((ParameterizedType) generic).getActualTypeArguments()[0];
      List<Object> values = new ArrayList<>();
      for (int i = choices.below(6); i > 0; i--) {
        values.add(value((Class<?>) element, element, choices));
      }
      return values;
    } else if (type.isSealed()) {
      return sealed(type, choices);
    }
    return record(type, choices);
  }

  /** Mostly small, as sizes and axes are. */
  private static int size(Choices choices) {
    int choice = choices.next();
    return choice < 200 ? choice % 10 : (int) choices.number();
  }
}
