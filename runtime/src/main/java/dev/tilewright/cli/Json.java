package dev.tilewright.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code --json} prints: one object, for programs. */
public final class Json {
  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls().create();

  private Json() {}

  /** The object as text; values are maps, lists, strings, numbers, booleans or null. */
  public static String of(Map<String, ?> object) {
    return GSON.toJson(object);
  }

  /** A number, or null for NaN and infinities, which the format does not have. */
  public static @Nullable Double number(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
