package dev.tilewright.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Kinds of layers and their colours: the more time, the earlier the colour; the last is shared. */
final class Kinds {
  private static final int COLORS = 8;

  private final Profile profile;
  private final List<String> names;

  Kinds(Profile profile) {
    this.profile = profile;
    this.names = new ArrayList<>(profile.kinds().keySet());
  }

  /** The class of the style sheet that colours a layer. */
  String color(LayerTime layer) {
    return color(layer.kind());
  }

  private String color(String kind) {
    int place = names.indexOf(kind);
    return place < COLORS ? "k" + place : "kx";
  }

  /** A bar of the whole time, cut by kind, with its legend. */
  void bar(Markup html) {
    html.tag("div", "class", "stack");
    profile
        .kinds()
        .forEach((kind, percent) -> {
          html.tag(
              "span",
              "class",
              color(kind),
              "style",
              String.format(Locale.ROOT, "flex-grow:%.3f", percent),
              "title",
              text(kind, percent));
          html.end();
        });
    html.end().tag("ul", "class", "legend");
    for (Map.Entry<String, Double> kind : profile.kinds().entrySet()) {
      html.tag("li").tag("i", "class", color(kind.getKey())).end();
      html.text(kind.getKey() + " ");
      html.leaf("b", String.format(Locale.ROOT, "%.1f %%", kind.getValue())).end();
    }
    html.end();
  }

  private static String text(String kind, double percent) {
    return String.format(Locale.ROOT, "%s: %.1f %% of the time", kind, percent);
  }
}
