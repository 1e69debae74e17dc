package dev.tilewright.cli.ocr;

import java.util.ArrayList;
import java.util.List;

/**
 * Best-path decoding of connectionist temporal classification (Graves et al. 2006): the likeliest
 * class of each time step, repetitions merged, blanks dropped.
 *
 * @param symbols text of each class; class 0 is the blank
 */
record CtcDecoder(List<String> symbols) {
  CtcDecoder {
    symbols = List.copyOf(symbols);
  }

  /**
   * The classes of a network trained on these characters: blank, the characters, then the space.
   */
  static CtcDecoder of(List<String> characters) {
    List<String> symbols = new ArrayList<>();
    symbols.add("");
    symbols.addAll(characters);
    symbols.add(" ");
    return new CtcDecoder(symbols);
  }

  /**
   * A line of text.
   *
   * @param confidence mean probability of its characters, 0 to 1; 0 for an empty text
   */
  record Text(String text, double confidence) {}

  /**
   * Decodes one line.
   *
   * @param probabilities [steps, classes], dense
   */
  Text decode(float[] probabilities) {
    int classes = symbols.size();
    if (probabilities.length % classes != 0) {
      throw new IllegalArgumentException(
          probabilities.length + " values do not divide into " + classes + " classes");
    }
    StringBuilder text = new StringBuilder();
    double sum = 0;
    int count = 0;
    int previous = 0;
    for (int step = 0; step < probabilities.length; step += classes) {
      int best = 0;
      for (int c = 1; c < classes; c++) {
        if (probabilities[step + c] > probabilities[step + best]) {
          best = c;
        }
      }
      if (best != 0 && best != previous) {
        text.append(symbols.get(best));
        sum += probabilities[step + best];
        count++;
      }
      previous = best;
    }
    return new Text(text.toString().strip(), count == 0 ? 0 : sum / count);
  }
}
