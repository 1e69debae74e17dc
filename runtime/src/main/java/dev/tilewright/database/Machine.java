package dev.tilewright.database;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Everything of a machine that a measurement depends on, as far as it can be asked. All parts are
 * text without tabs and line ends.
 *
 * @param cpu the microarchitecture: vendor, family and model, or implementer and part
 * @param isa vector extensions, in the order in which they appeared
 * @param caches sizes by level
 * @param processors usable by this process, container limits included
 * @param java vendor and build
 * @param kernels revisions of the backends' code
 */
public record Machine(
    String cpu, String isa, String caches, int processors, String java, String kernels) {
  /** Nothing measured anywhere holds for it. */
  static final Machine UNKNOWN = new Machine("unknown", "unknown", "unknown", 1, "unknown", "");

  private static final int ID_BYTES = 6;

  /** How far what was measured on one machine holds on another. */
  public enum Likeness {
    /** The same in all parts: measurements hold. */
    SAME,
    /** The same core and caches under another Java, library or number of cores: nearly so. */
    MICROARCHITECTURE,
    /** The same instructions: good for a first guess. */
    ISA,
    NONE
  }

  public Machine {
    for (String part : List.of(cpu, isa, caches, java, kernels)) {
      if (part.chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException("control characters in '" + part + "'");
      }
    }
  }

  /** The same machine with other code of the backends. */
  Machine with(String otherKernels) {
    return new Machine(cpu, isa, caches, processors, java, otherKernels);
  }

  public Likeness likeness(Machine other) {
    if (equals(other)) {
      return Likeness.SAME;
    }
    if (!isa.equals(other.isa)) {
      return Likeness.NONE;
    }
    return cpu.equals(other.cpu) && caches.equals(other.caches)
        ? Likeness.MICROARCHITECTURE
        : Likeness.ISA;
  }

  /**
   * Whether an algorithm that is wrong on the other machine is the same code on such a core here.
   *
   * @param algorithm id, which begins with the name of its backend
   */
  boolean runsTheSame(String algorithm, Machine other) {
    String backend = algorithm.substring(0, Math.max(0, algorithm.indexOf('.')));
    return likeness(other).compareTo(Likeness.MICROARCHITECTURE) <= 0
        && revision(backend).equals(other.revision(backend));
  }

  /** Of {@link #kernels}, what stands behind {@code backend=}, up to the next backend. */
  private String revision(String backend) {
    Matcher matcher =
        Pattern.compile("(?:^| )" + Pattern.quote(backend) + "=(.*?)(?= \\w+=|$)").matcher(kernels);
    return matcher.find() ? matcher.group(1) : "";
  }

  /** A short name of the whole, by which records refer to it. */
  public String id() {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, ID_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The parts, separated by tabs. */
  String text() {
    return String.join("\t", cpu, isa, caches, String.valueOf(processors), java, kernels);
  }

  /**
   * What {@link #text} wrote.
   *
   * @throws IllegalArgumentException if it is not that
   */
  static Machine parse(List<String> parts) {
    if (parts.size() != 6) {
      throw new IllegalArgumentException("a machine has 6 parts, not " + parts.size());
    }
    return new Machine(
        parts.get(0),
        parts.get(1),
        parts.get(2),
        Integer.parseInt(parts.get(3)),
        parts.get(4),
        parts.get(5));
  }

  @Override
  public String toString() {
    return cpu + ", " + isa + ", " + caches + ", " + processors + " cores, " + java;
  }
}
