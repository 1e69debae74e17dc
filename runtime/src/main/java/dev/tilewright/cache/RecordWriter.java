package dev.tilewright.cache;

import dev.tilewright.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Records, with all that they are made of, as bytes. What was written before is named by its
 * number: the same string, record, list or map is written once.
 *
 * <p>Tensors are numbered, in {@link #tensors}; whoever writes decides what becomes of their
 * values.
 */
final class RecordWriter {
  // What a thing begins with.
  static final byte NULL = 0;
  static final byte AGAIN = 1;
  static final byte TEXT = 2;
  static final byte INT = 3;
  static final byte LONG = 4;
  static final byte FLOAT = 5;
  static final byte DOUBLE = 6;
  static final byte BOOLEAN = 7;
  static final byte ENUM = 8;
  static final byte RECORD = 9;
  static final byte LIST = 10;
  static final byte MAP = 11;
  static final byte TENSOR = 12;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);
  private final Map<String, Integer> texts = new HashMap<>();
  private final IdentityHashMap<Object, Integer> things = new IdentityHashMap<>();
  private final List<Tensor> tensors = new ArrayList<>();
  private final Map<Class<?>, RecordComponent[]> components = new HashMap<>();
  private int count;

  /**
   * Writes a record.
   *
   * @throws IllegalArgumentException if it holds something that is not data, such as a kernel
   */
  void write(Record record) {
    try {
      thing(record);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }

  /** All tensors, by number. */
  List<Tensor> tensors() {
    return tensors;
  }

  private void thing(@Nullable Object thing) throws IOException {
    switch (thing) {
      case null -> out.writeByte(NULL);
      case Integer i -> {
        out.writeByte(INT);
        out.writeInt(i);
      }
      case Long l -> {
        out.writeByte(LONG);
        out.writeLong(l);
      }
      case Float f -> {
        out.writeByte(FLOAT);
        out.writeFloat(f);
      }
      case Double d -> {
        out.writeByte(DOUBLE);
        out.writeDouble(d);
      }
      case Boolean b -> {
        out.writeByte(BOOLEAN);
        out.writeBoolean(b);
      }
      case String text -> {
        if (!again(texts.putIfAbsent(text, count))) {
          out.writeByte(TEXT);
          byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
          out.writeInt(utf8.length);
          out.write(utf8);
        }
      }
      default -> {
        if (!again(things.putIfAbsent(thing, count))) {
          whole(thing);
        }
      }
    }
  }

  private boolean again(@Nullable Integer number) throws IOException {
    if (number == null) {
      count++;
      return false;
    }
    out.writeByte(AGAIN);
    out.writeInt(number);
    return true;
  }

  private void whole(Object thing) throws IOException {
    switch (thing) {
      case Tensor tensor -> {
        out.writeByte(TENSOR);
        out.writeInt(tensors.size());
        tensors.add(tensor);
      }
      case Enum<?> e -> {
        out.writeByte(ENUM);
        thing(e.getDeclaringClass().getName());
        thing(e.name());
      }
      case List<?> list -> {
        out.writeByte(LIST);
        out.writeInt(list.size());
        for (Object element : list) {
          thing(element);
        }
      }
      case Map<?, ?> map -> {
        out.writeByte(MAP);
        out.writeInt(map.size());
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          thing(entry.getKey());
          thing(entry.getValue());
        }
      }
      case Record record -> {
        out.writeByte(RECORD);
        thing(record.getClass().getName());
        for (RecordComponent component : components(record.getClass())) {
          thing(value(record, component));
        }
      }
      default -> throw new IllegalArgumentException("no data: " + thing.getClass().getName());
    }
  }

  private RecordComponent[] components(Class<?> type) {
    return components.computeIfAbsent(
        type,
        t -> {
          RecordComponent[] all = t.getRecordComponents();
          for (RecordComponent component : all) {
            component.getAccessor().setAccessible(true);
          }
          return all;
        });
  }

  private static @Nullable Object value(Record record, RecordComponent component) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }
}
