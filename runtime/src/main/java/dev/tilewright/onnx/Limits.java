package dev.tilewright.onnx;

/** What a model file may ask for at most; far above what real models need. */
final class Limits {
  /** Bytes of a file: protobuf ends here, and larger files keep their weights elsewhere. */
  static final long FILE_BYTES = Integer.MAX_VALUE;

  static final int NODES = 1 << 18;
  static final int TENSORS = 1 << 18;
  static final int NODE_INPUTS = 1 << 14;
  static final int NODE_ATTRIBUTES = 256;

  /** Numbers or texts in one attribute. */
  static final int ATTRIBUTE_ELEMENTS = 1 << 20;

  /** Bytes of a name or a text attribute. */
  static final int NAME_BYTES = 1 << 13;

  static final int RANK = 32;

  /** Elements that Range and ConstantOfShape may make, and constant folding beyond the weights. */
  static final long FOLDED_ELEMENTS = 1L << 24;

  /** Rows or columns of a window, of its steps and of its padding. */
  static final int WINDOW = 1 << 15;

  private Limits() {}
}
