package dev.tilewright.onnx;

/** What a model file may ask for at most; far above what real models need. */
final class Limits {
  /** Bytes of a file: protobuf ends here, and larger files keep their weights elsewhere. */
  static final long FILE_BYTES = Integer.MAX_VALUE;

  /**
   * Names, numbers of lists and dimensions in a whole file. In the file they may take two bytes
   * each, on the heap a hundred.
   */
  static final int OBJECTS = 1 << 20;

  /** Bytes of all names and texts together. */
  static final long TEXT_BYTES = 32L << 20;

  static final int NODES = 1 << 17;
  static final int TENSORS = 1 << 18;
  static final int NODE_INPUTS = 1 << 14;
  static final int NODE_ATTRIBUTES = 256;

  /** Bytes of a name or a text attribute. */
  static final int NAME_BYTES = 1 << 13;

  static final int RANK = 32;

  /** Elements that Range and ConstantOfShape may make, and constant folding beyond the weights. */
  static final long FOLDED_ELEMENTS = 1L << 24;

  /** Multiplications and additions that folding may take, all together: a second or two. */
  static final long FOLDED_WORK = 1L << 31;

  /** Nodes that branches and loops may unfold into, and how often a run may stop to import more. */
  static final int EXPANDED_NODES = 1 << 18;

  static final int STAGES = 1 << 10;

  /** Elements of all sequences together: inserting in a loop makes a list an iteration. */
  static final int LISTED = 1 << 22;

  /** Rows or columns of a window, of its steps and of its padding. */
  static final int WINDOW = 1 << 15;

  /** Steps of a sequence, each of which becomes nodes. */
  static final int STEPS = 1 << 12;

  private Limits() {}

  /**
   * Bytes that constants may take which are not part of the file: once for tensors that are
   * converted while it is read, once for what is folded.
   */
  static long constantBytes() {
    return Runtime.getRuntime().maxMemory() / 4;
  }
}
