package dev.tilewright.cli;

import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a picture becomes the input of a network. */
final class ImageInput {
  /** Mean and deviation of ImageNet's training pictures, RGB, samples 0 to 1. */
  private static final float[] IMAGENET_MEAN = {0.485f, 0.456f, 0.406f};

  private static final float[] IMAGENET_STD = {0.229f, 0.224f, 0.225f};

  /** Sides of a picture are rounded to this where a model takes any size. */
  private static final int MULTIPLE = 32;

  @Option(
      names = "--mean",
      paramLabel = "R,G,B",
      split = ",",
      hideParamSyntax = true,
      description =
          "Subtracted from the scaled samples, one number or three, in RGB order also with --bgr."
              + " Default: ImageNet's 0.485,0.456,0.406; 0 for grey pictures.")
  private float @Nullable [] mean;

  @Option(
      names = "--std",
      paramLabel = "R,G,B",
      split = ",",
      hideParamSyntax = true,
      description = "Divides the result. Default: ImageNet's 0.229,0.224,0.225; 1 for grey.")
  private float @Nullable [] std;

  @Option(
      names = "--scale",
      paramLabel = "FACTOR",
      description =
          "Multiplies the samples (0 to 255) first. Default: 1/255. For raw samples: --scale 1"
              + " --mean 0 --std 1.")
  private float scale = 1f / 255;

  @Option(names = "--bgr", description = "Channels in the order blue, green, red.")
  private boolean bgr;

  @Option(
      names = "--fit",
      paramLabel = "HOW",
      description =
          "crop: shorter side to 8/7 of the input's, then its centre, as ImageNet models are"
              + " tested; stretch: to the input's size, whatever the proportions. Default: crop,"
              + " stretch if the model takes any size.")
  private @Nullable String fit;

  /** Whether an input of four dimensions is [N, H, W, C]: channels are 1 or 3, at the end. */
  static boolean isChannelsLast(Signature input) {
    int last = input.dims().get(3).size();
    int second = input.dims().get(1).size();
    return (last == 1 || last == 3) && second != 1 && second != 3;
  }

  /**
   * The tensor for an input.
   *
   * @param shape as the user gave it, or null: the model's, with the picture's size where open
   */
  Tensor tensor(Picture picture, Signature input, @Nullable Shape shape) {
    if (input.sequence()
        || input.dims().size() != 4
        || (input.dtype() != DType.FLOAT32 && input.dtype() != DType.UINT8)) {
      throw new BadInputException("the input " + input + " is not a picture, use --input");
    }
    boolean channelsLast = isChannelsLast(input);
    int channelAxis = channelsLast ? 3 : 1;
    int rowAxis = channelsLast ? 1 : 2;
    int batch = size(input, shape, 0, 1);
    int channels = size(input, shape, channelAxis, 3);
    if (batch != 1 || (channels != 1 && channels != 3)) {
      throw new BadInputException(
          "a picture gives 1 x 3 channels (or 1 grey), the input is " + input + ", use --input");
    }
    int height = size(input, shape, rowAxis, rounded(picture.height()));
    int width = size(input, shape, rowAxis + 1, rounded(picture.width()));
    boolean anySize = shape == null && input.dims().get(rowAxis).isOpen();
    Picture fitted = fit(picture, width, height, anySize);
    float[] samples = samples(fitted, channels, input.dtype());
    float[] values = channelsLast ? samples : channelsFirst(samples, channels);
    Shape dims =
        channelsLast ? Shape.of(1, height, width, channels) : Shape.of(1, channels, height, width);
    return input.dtype() == DType.FLOAT32 ? Tensor.of(dims, values) : bytes(dims, values);
  }

  private Picture fit(Picture picture, int width, int height, boolean anySize) {
    String how = fit == null ? anySize ? "stretch" : "crop" : fit.toLowerCase(Locale.ROOT);
    if (how.equals("stretch")) {
      return picture.resize(width, height);
    }
    if (!how.equals("crop")) {
      throw new BadInputException("--fit is crop or stretch, not " + fit);
    }
    // The smallest picture that covers 8/7 of both sides, such as 256 for 224.
    double factor =
        8.0 / 7 * Math.max((double) width / picture.width(), (double) height / picture.height());
    int w = Math.max(width, (int) Math.round(picture.width() * factor));
    int h = Math.max(height, (int) Math.round(picture.height() * factor));
    return picture.resize(w, h).crop((w - width) / 2, (h - height) / 2, width, height);
  }

  /** [height, width, channels], normalised unless the network takes bytes. */
  private float[] samples(Picture picture, int channels, DType dtype) {
    float[] means = three("--mean", mean, channels == 3 ? IMAGENET_MEAN : new float[] {0});
    float[] stds = three("--std", std, channels == 3 ? IMAGENET_STD : new float[] {1});
    boolean raw = dtype == DType.UINT8;
    float[] rgb = picture.rgb();
    float[] values = new float[rgb.length / 3 * channels];
    for (int pixel = 0; pixel < rgb.length / 3; pixel++) {
      if (channels == 1) {
        // Luma of ITU-R BT.601, as JPEG and most image libraries use it.
        float grey =
            0.299f * rgb[3 * pixel] + 0.587f * rgb[3 * pixel + 1] + 0.114f * rgb[3 * pixel + 2];
        values[pixel] = raw ? grey : (grey * scale - means[0]) / stds[0];
      } else {
        for (int c = 0; c < 3; c++) {
          float sample = rgb[3 * pixel + c];
          values[3 * pixel + (bgr ? 2 - c : c)] =
              raw ? sample : (sample * scale - means[c]) / stds[c];
        }
      }
    }
    return values;
  }

  private static float[] three(String option, float @Nullable [] given, float[] otherwise) {
    float[] values = given == null ? otherwise : given;
    if (values.length == 1) {
      return new float[] {values[0], values[0], values[0]};
    }
    if (values.length != 3) {
      throw new BadInputException(option + " takes one number or three, separated by commas");
    }
    return values;
  }

  private static float[] channelsFirst(float[] samples, int channels) {
    int pixels = samples.length / channels;
    float[] planes = new float[samples.length];
    for (int pixel = 0; pixel < pixels; pixel++) {
      for (int c = 0; c < channels; c++) {
        planes[c * pixels + pixel] = samples[pixel * channels + c];
      }
    }
    return planes;
  }

  private static Tensor bytes(Shape shape, float[] values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Math.clamp(Math.round(values[i]), 0, 255);
    }
    return new Tensor(new TensorType(DType.UINT8, shape), MemorySegment.ofArray(bytes));
  }

  private static int size(Signature input, @Nullable Shape shape, int axis, int ifOpen) {
    Signature.Dim dim = input.dims().get(axis);
    if (shape != null) {
      return shape.dim(axis);
    }
    return dim.isOpen() ? ifOpen : dim.size();
  }

  private static int rounded(int side) {
    return Math.max(MULTIPLE, Math.round((float) side / MULTIPLE) * MULTIPLE);
  }
}
