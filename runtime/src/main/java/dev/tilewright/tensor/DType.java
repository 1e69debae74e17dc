package dev.tilewright.tensor;

/**
 * Element types. Arithmetic is float32, and of quantised networks int32 over 8 bits; the other
 * integers carry shapes, indices and masks.
 */
public enum DType {
  FLOAT32(4),
  INT64(8),
  INT32(4),
  /** One byte, 0 or 1. */
  BOOL(1),
  UINT8(1),
  INT8(1),
  UINT16(2),
  INT16(2),
  UINT32(4),
  UINT64(8);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }
}
