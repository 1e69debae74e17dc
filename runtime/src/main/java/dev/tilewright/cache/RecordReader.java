package dev.tilewright.cache;

import dev.tilewright.tensor.Tensor;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@link RecordWriter} wrote. Only records and enums of this program come into being, by
 * their own constructors.
 */
final class RecordReader {
  private static final String OURS = "dev.tilewright.";

  /** Of a record: its constructor, and which components are sorted maps. */
  private record Maker(Constructor<?> constructor, Class<?>[] types) {}

  private final ByteBuffer in;
  private final List<Tensor> tensors;
  private final List<@Nullable Object> things = new ArrayList<>();
  private final Map<String, Class<?>> classes = new HashMap<>();
  private final Map<Class<?>, Maker> makers = new HashMap<>();

  /**
   * @param tensors by number
   */
  RecordReader(ByteBuffer in, List<Tensor> tensors) {
    this.in = in;
    this.tensors = tensors;
  }

  /**
   * The record that begins here.
   *
   * @throws IllegalArgumentException if there is none, or one that its class refuses
   */
  <T extends Record> T read(Class<T> type) {
    try {
      if (thing() instanceof Record record) {
        return type.cast(record);
      }
      throw new IllegalArgumentException("cannot be read: not a record");
    } catch (BufferUnderflowException
        | IndexOutOfBoundsException
        | ClassCastException
        | ReflectiveOperationException e) {
      throw new IllegalArgumentException("cannot be read: " + e, e);
    }
  }

  private @Nullable Object thing() throws ReflectiveOperationException {
    return switch (in.get()) {
      case RecordWriter.NULL -> null;
      case RecordWriter.AGAIN -> things.get(in.getInt());
      case RecordWriter.INT -> in.getInt();
      case RecordWriter.LONG -> in.getLong();
      case RecordWriter.FLOAT -> in.getFloat();
      case RecordWriter.DOUBLE -> in.getDouble();
      case RecordWriter.BOOLEAN -> in.get() != 0;
      case RecordWriter.TEXT -> numbered(things.size(), text());
      case RecordWriter.TENSOR -> numbered(things.size(), tensors.get(in.getInt()));
      case RecordWriter.ENUM -> {
        int number = number();
        yield numbered(number, constant(type(), String.valueOf(thing())));
      }
      case RecordWriter.LIST -> {
        int number = number();
        int size = size();
        List<@Nullable Object> list = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
          list.add(thing());
        }
        yield numbered(number, Collections.unmodifiableList(list));
      }
      case RecordWriter.MAP -> {
        int number = number();
        int size = size();
        Map<@Nullable Object, @Nullable Object> map = LinkedHashMap.newLinkedHashMap(size);
        for (int i = 0; i < size; i++) {
          map.put(thing(), thing());
        }
        yield numbered(number, Collections.unmodifiableMap(map));
      }
      case RecordWriter.RECORD -> {
        int number = number();
        Maker maker = maker(type());
        @Nullable Object[] values = new @Nullable Object[maker.types.length];
        for (int i = 0; i < values.length; i++) {
          Object value = thing();
          // The only kind of map that a constructor tells from others.
          values[i] =
              maker.types[i] == SortedMap.class && value instanceof Map<?, ?> map
                  ? new TreeMap<Object, Object>(map)
                  : value;
        }
        yield numbered(number, maker.constructor.newInstance(values));
      }
      default -> throw new IllegalArgumentException("not a record");
    };
  }

  /** The number of what begins here. */
  private int number() {
    things.add(null);
    return things.size() - 1;
  }

  private Object numbered(int number, Object thing) {
    if (number == things.size()) {
      things.add(thing);
    } else {
      things.set(number, thing);
    }
    return thing;
  }

  private String text() {
    byte[] text = new byte[size()];
    in.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private int size() {
    int size = in.getInt();
    if (size < 0 || size > in.remaining()) {
      throw new IllegalArgumentException("a size of " + size);
    }
    return size;
  }

  private Class<?> type() throws ReflectiveOperationException {
    String name = String.valueOf(thing());
    Class<?> known = classes.get(name);
    if (known == null) {
      if (!name.startsWith(OURS)) {
        throw new IllegalArgumentException(name);
      }
      known = Class.forName(name, false, RecordReader.class.getClassLoader());
      if (!known.isRecord() && !known.isEnum()) {
        throw new IllegalArgumentException(name);
      }
      classes.put(name, known);
    }
    return known;
  }

  private static Object constant(Class<?> type, String name) {
    for (Object constant : type.getEnumConstants()) {
      if (constant instanceof Enum<?> e && e.name().equals(name)) {
        return constant;
      }
    }
    throw new IllegalArgumentException("no " + name + " in " + type);
  }

  private Maker maker(Class<?> type) throws ReflectiveOperationException {
    Maker known = makers.get(type);
    if (known == null) {
      Class<?>[] types =
          Arrays.stream(type.getRecordComponents())
              .map(RecordComponent::getType)
              .toArray(Class<?>[]::new);
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      known = new Maker(constructor, types);
      makers.put(type, known);
    }
    return known;
  }
}
