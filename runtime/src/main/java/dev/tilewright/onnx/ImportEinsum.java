package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Sums of products named by letters, as numpy.einsum: operands are multiplied in their order, each
 * product a matrix product where letters vanish in it, else an elementwise one.
 */
final class ImportEinsum {
  private static final String ELLIPSIS = "...";

  private static final Pattern TERM = Pattern.compile("[a-zA-Z]*(\\.\\.\\.)?[a-zA-Z]*");

  /** Dimensions that an ellipsis stands for, the last one first. */
  private static final String HIDDEN = "0123456789";

  private ImportEinsum() {}

  /** An operand with a letter for each dimension; none twice, once diagonals are taken. */
  private record Term(Value value, String letters) {
    int size(char letter) {
      return value.shape().dim(letters.indexOf(letter));
    }

    boolean has(char letter) {
      return letters.indexOf(letter) >= 0;
    }
  }

  static Value einsum(NodeScope n) {
    String[] sides = equation(n.node()).split("->", -1);
    String[] names = sides[0].split(",", -1);
    List<Value> in = n.all();
    if (names.length != in.size() || sides.length > 2) {
      throw n.node().bad("equation " + equation(n.node()) + " for " + in.size() + " inputs");
    }
    List<Term> terms = new ArrayList<>();
    int hidden = 0;
    for (int i = 0; i < names.length; i++) {
      checkTerm(n, names[i]);
      int letters = names[i].replace(ELLIPSIS, "").length();
      int dims = names[i].contains(ELLIPSIS) ? in.get(i).shape().rank() - letters : 0;
      hidden = Math.max(hidden, dims);
      if (dims < 0 || dims > HIDDEN.length() || letters + dims != in.get(i).shape().rank()) {
        throw n.node().bad("'" + names[i] + "' does not name the dimensions of " + in.get(i));
      }
      terms.add(new Term(in.get(i), spelled(names[i], dims)));
    }
    if (sides.length == 2) {
      checkTerm(n, sides[1]);
    }
    String out = sides.length == 2 ? spelled(sides[1], hidden) : implied(terms, hidden);
    terms.replaceAll(term -> diagonal(n, term));
    check(n, terms, out);
    Term product = terms.getFirst();
    for (int i = 1; i < terms.size(); i++) {
      StringBuilder kept = new StringBuilder(out);
      terms.subList(i + 1, terms.size()).forEach(term -> kept.append(term.letters));
      product = product(n, product, terms.get(i), kept.toString());
    }
    return ordered(n, summed(n, product, out), out);
  }

  private static String equation(OnnxNode node) {
    return node.text("equation", "").replace(" ", "");
  }

  private static void checkTerm(NodeScope n, String term) {
    if (!TERM.matcher(term).matches()) {
      throw n.node().bad("'" + term + "' must be letters and at most one ellipsis");
    }
  }

  /** With digits in place of an ellipsis. */
  private static String spelled(String term, int dims) {
    StringBuilder digits = new StringBuilder(HIDDEN.substring(0, dims)).reverse();
    return term.replace(ELLIPSIS, digits);
  }

  /** The ellipsis, then the letters that occur once, in alphabetical order. */
  private static String implied(List<Term> terms, int hidden) {
    TreeMap<Character, Integer> counts = new TreeMap<>();
    for (Term term : terms) {
      term.letters
          .chars()
          .filter(Character::isLetter)
          .forEach(c -> counts.merge((char) c, 1, Integer::sum));
    }
    StringBuilder out = new StringBuilder(spelled(ELLIPSIS, hidden));
    counts.forEach((letter, count) -> out.append(count == 1 ? String.valueOf(letter) : ""));
    return out.toString();
  }

  /** Dimensions of one letter become their diagonal, the last dimension of the result. */
  private static Term diagonal(NodeScope n, Term term) {
    for (char letter : term.letters.toCharArray()) {
      int first = term.letters.indexOf(letter);
      int second = term.letters.lastIndexOf(letter);
      if (first != second) {
        int size = term.value.shape().dim(first);
        if (size != term.value.shape().dim(second)) {
          throw n.node().bad("sizes of '" + letter + "' differ in " + equation(n.node()));
        }
        List<Integer> perm = new ArrayList<>();
        List<Integer> dims = new ArrayList<>();
        StringBuilder letters = new StringBuilder();
        for (int i = 0; i < term.letters.length(); i++) {
          if (i != first && i != second) {
            perm.add(i);
            dims.add(term.value.shape().dim(i));
            letters.append(term.letters.charAt(i));
          }
        }
        perm.addAll(List.of(first, second));
        List<Integer> starts = Collections.nCopies(dims.size() + 1, 0);
        List<Integer> steps = new ArrayList<>(Collections.nCopies(dims.size(), 1));
        steps.add(size + 1);
        List<Integer> flat = new ArrayList<>(dims);
        flat.add(Math.multiplyExact(size, size));
        dims.add(size);
        Value pairs = n.reshape(n.add(new Op.Transpose(perm), term.value), flat);
        Value line = n.add(new Op.Slice(starts, steps, new Shape(dims)), pairs);
        return diagonal(n, new Term(line, letters.append(letter).toString()));
      }
    }
    return term;
  }

  private static void check(NodeScope n, List<Term> terms, String out) {
    Set<Character> once = new HashSet<>();
    for (int i = 0; i < out.length(); i++) {
      char letter = out.charAt(i);
      if (!once.add(letter) || terms.stream().noneMatch(t -> t.has(letter))) {
        throw n.node().bad("'" + letter + "' of the result in " + equation(n.node()));
      }
    }
    for (Term term : terms) {
      for (char letter : term.letters.toCharArray()) {
        int size = term.size(letter);
        if (terms.stream().anyMatch(t -> t.has(letter) && !fits(t.size(letter), size))) {
          throw n.node().bad("sizes of '" + letter + "' differ in " + equation(n.node()));
        }
      }
    }
  }

  private static boolean fits(int a, int b) {
    return a == b || a == 1 || b == 1;
  }

  /** Of two, with the letters of which something is left to do. */
  private static Term product(NodeScope n, Term left, Term right, String kept) {
    Term a = summed(n, withoutOnes(n, left, right), kept + right.letters);
    Term b = summed(n, withoutOnes(n, right, left), kept + left.letters);
    StringBuilder batch = new StringBuilder();
    StringBuilder rows = new StringBuilder();
    StringBuilder inner = new StringBuilder();
    for (char letter : a.letters.toCharArray()) {
      boolean stays = kept.indexOf(letter) >= 0;
      (b.has(letter) ? stays ? batch : inner : rows).append(letter);
    }
    StringBuilder columns = new StringBuilder();
    b.letters.chars().filter(c -> !a.has((char) c)).forEach(c -> columns.append((char) c));
    String letters = batch.toString() + rows + columns;
    int[] m = {product(a, batch), product(a, rows), product(a, inner), product(b, columns)};
    Value x = ordered(n, a, batch.toString() + rows + inner);
    Value y = ordered(n, b, batch.toString() + inner + columns);
    Value product;
    if (inner.isEmpty()) {
      x = n.reshape(x, List.of(m[0], m[1], 1));
      product = n.binary(BinaryFunction.MUL, x, n.reshape(y, List.of(m[0], 1, m[3])));
    } else if (m[0] == 1) {
      x = n.reshape(x, List.of(m[1], m[2]));
      product = n.add(new Op.MatMul(), x, n.reshape(y, List.of(m[2], m[3])));
    } else {
      x = n.reshape(x, List.of(m[0], m[1], m[2]));
      product = n.add(new Op.MatMul(), x, n.reshape(y, List.of(m[0], m[2], m[3])));
    }
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < letters.length(); i++) {
      char letter = letters.charAt(i);
      dims.add(a.has(letter) ? a.size(letter) : b.size(letter));
    }
    return new Term(n.reshape(product, dims), letters);
  }

  private static int product(Term term, CharSequence letters) {
    return letters.chars().map(c -> term.size((char) c)).reduce(1, Math::multiplyExact);
  }

  /** Drops dimensions of 1 that the other repeats them along. */
  private static Term withoutOnes(NodeScope n, Term term, Term other) {
    StringBuilder letters = new StringBuilder();
    List<Integer> dims = new ArrayList<>();
    for (char letter : term.letters.toCharArray()) {
      if (!(term.size(letter) == 1 && other.has(letter) && other.size(letter) != 1)) {
        letters.append(letter);
        dims.add(term.size(letter));
      }
    }
    return new Term(n.reshape(term.value, dims), letters.toString());
  }

  /** Sums over the letters that are not kept. */
  private static Term summed(NodeScope n, Term term, String kept) {
    List<Integer> axes = new ArrayList<>();
    StringBuilder left = new StringBuilder();
    for (int i = 0; i < term.letters.length(); i++) {
      if (kept.indexOf(term.letters.charAt(i)) < 0) {
        axes.add(i);
      } else {
        left.append(term.letters.charAt(i));
      }
    }
    return axes.isEmpty()
        ? term
        : new Term(n.add(new Op.Reduce(ReduceKind.SUM, axes, false), term.value), left.toString());
  }

  private static Value ordered(NodeScope n, Term term, String letters) {
    List<Integer> perm = letters.chars().map(term.letters::indexOf).boxed().toList();
    return term.letters.equals(letters) ? term.value : n.add(new Op.Transpose(perm), term.value);
  }
}
