package dev.tilewright.bench;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/**
 * Builds HTML with SVG in it, so that it is well-formed XML too. Texts and values of attributes are
 * escaped: names in them come from model files.
 */
final class Markup {
  private final StringBuilder out = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /**
   * Begins an element.
   *
   * @param attributes names and values in turn; numbers are written with two digits
   */
  Markup tag(String name, Object... attributes) {
    out.append('<').append(name);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      escape(value(attributes[i + 1]));
      out.append('"');
    }
    out.append('>');
    open.push(name);
    return this;
  }

  /** An element that has no contents ever: one of SVG, or a void one of HTML. */
  Markup empty(String name, Object... attributes) {
    tag(name, attributes);
    open.pop();
    out.insert(out.length() - 1, '/');
    return this;
  }

  /** Ends the innermost element. */
  Markup end() {
    out.append("</").append(open.pop()).append('>');
    return this;
  }

  Markup text(String text) {
    escape(text);
    return this;
  }

  /** An element with text and nothing else. */
  Markup leaf(String name, String text, Object... attributes) {
    return tag(name, attributes).text(text).end();
  }

  /** What is markup already and comes from the program, not from a model. */
  Markup raw(String markup) {
    out.append(markup);
    return this;
  }

  private static String value(Object value) {
    return value instanceof Double number
        ? String.format(Locale.ROOT, "%.2f", number)
        : String.valueOf(value);
  }

  /** Leaves out what XML cannot hold. */
  private void escape(String text) {
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '&' -> out.append("&amp;");
            case '<' -> out.append("&lt;");
            case '>' -> out.append("&gt;");
            case '"' -> out.append("&quot;");
            case '\'' -> out.append("&#39;");
            default -> {
              boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
              if ((c >= ' ' || c == '\n') && !surrogate && c != 0xfffe && c != 0xffff) {
                out.appendCodePoint(c);
              }
            }
          }
        });
  }

  @Override
  public String toString() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("not ended: " + open);
    }
    return out.toString();
  }
}
