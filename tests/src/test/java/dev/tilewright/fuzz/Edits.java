package dev.tilewright.fuzz;

import dev.tilewright.fuzz.Message.Field;
import dev.tilewright.fuzz.Message.Kind;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Changes to a model that leave it well formed, decided by bytes: sizes, attributes, element types,
 * operators, edges; nodes taken from other models. A fuzzer that changes the bytes changes the
 * changes.
 */
final class Edits {
  private static final int MOST = 24;

  private static final List<Kind> KINDS = List.of(Kind.values());

  private final List<Message> others;
  private final Choices choices;

  /**
   * @param others models to take parts from
   */
  Edits(List<Message> others, Choices choices) {
    this.others = others;
    this.choices = choices;
  }

  /** Changes the model. */
  void apply(Message model) {
    for (int i = 0; i < MOST && !choices.isEmpty(); i++) {
      one(model);
    }
  }

  private void one(Message model) {
    Kind kind = KINDS.get(choices.below(KINDS.size()));
    Message message = pick(model, kind);
    if (message == null || message.fields.isEmpty()) {
      return;
    }
    int at = choices.below(message.fields.size());
    Field field = message.fields.get(at);
    switch (choices.below(8)) {
      case 0 -> message.fields.remove(at);
      case 1 -> message.fields.add(at, field.copy());
      case 2 -> message.fields.add(message.fields.remove(at));
      case 3 -> graft(message, at);
      case 4 -> sibling(model, field);
      default -> value(field);
    }
  }

  /** A message of the kind, or null. */
  private Message pick(Message in, Kind kind) {
    List<Message> all = in.all().stream().filter(m -> m.kind == kind).toList();
    return all.isEmpty() ? null : all.get(choices.below(all.size()));
  }

  /** A field of a message of the same kind in another model, added. */
  private void graft(Message message, int at) {
    Message other = pick(others.get(choices.below(others.size())), message.kind);
    if (other != null && !other.fields.isEmpty()) {
      message.fields.add(at, other.fields.get(choices.below(other.fields.size())).copy());
    }
  }

  /** The value of another field that has the same form: another name, another operator. */
  private void sibling(Message model, Field field) {
    Message other = pick(model, KINDS.get(choices.below(KINDS.size())));
    if (other == null || other.fields.isEmpty()) {
      return;
    }
    Field from = other.fields.get(choices.below(other.fields.size()));
    if (from.wire == field.wire && !(from.value instanceof Message)) {
      field.value = field.value instanceof Message ? field.value : from.value;
    }
  }

  private void value(Field field) {
    switch (field.value) {
      case Long l when field.wire == 0 ->
          field.value = choices.below(3) == 0 ? l + choices.number() : choices.number();
      case Long l -> field.value = (long) Float.floatToRawIntBits(special());
      case byte[] bytes when bytes.length == 0 -> field.value = choices.take(choices.below(9));
      case byte[] bytes -> {
        byte[] changed = bytes.clone();
        int at = choices.below(changed.length);
        if (choices.below(2) == 0) {
          changed[at] = (byte) choices.next();
        } else { // one of the int64 of raw data, if it is that
          long number = choices.number();
          for (int i = 0; i < 8 && at / 8 * 8 + i < changed.length; i++) {
            changed[at / 8 * 8 + i] = (byte) (number >> (8 * i));
          }
        }
        field.value = changed;
      }
      default -> field.value = "x".getBytes(StandardCharsets.UTF_8);
    }
  }

  private float special() {
    float[] values = {0, -1, 1e-30f, 1e30f, Float.NaN, Float.POSITIVE_INFINITY, 0.5f, 3};
    return values[choices.below(values.length)];
  }
}
