package dev.tilewright.onnx;

/** Small model files for tests of other packages. */
public final class SampleModels {
  private SampleModels() {}

  /** y = max(x, 0) for x [1, 6], and a second input that is added: two [1, 6]. */
  public static byte[] reluAndAdd() {
    return new ModelBytes(13)
        .input("x", 1, 6)
        .input("bias", 1, 6)
        .node("Relu", "x", "r")
        .node("Add", "r bias", "y")
        .output("y")
        .toBytes();
  }

  /** A 1x1 convolution of pictures of any size. */
  public static byte[] openConvolution() {
    return new ModelBytes(13)
        .openInput("image", 1, 1, 3, "height", "width")
        .weights("w", 4, 3, 1, 1)
        .node("Conv", "image w", "y")
        .output("y")
        .toBytes();
  }

  /** Two operators that no runtime has. */
  public static byte[] unsupported() {
    return new ModelBytes(13)
        .input("x", 1, 6)
        .node("Frobnicate", "x", "a")
        .node("Relu", "a", "b")
        .node("Grizzle", "b", "y")
        .output("y")
        .toBytes();
  }
}
