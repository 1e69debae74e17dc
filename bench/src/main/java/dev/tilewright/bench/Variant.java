package dev.tilewright.bench;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tuning.SessionContender;
import dev.tilewright.zoo.Zoo;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.WeightSource;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One block, ready to run: here as it stands inside a network, here from a file of its own, and
 * from the same file in ONNX Runtime.
 */
final class Variant implements AutoCloseable {
  private static final WeightSource WEIGHTS = WeightSource.seeded(1);

  /** What blocks are compared at if they do not keep the size of their image. */
  private static final Shape USUAL = Shape.of(1, 128, 28, 28);

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final Blueprint blueprint;
  private final SessionContender inside;
  private final SessionContender file;
  private final @Nullable OrtContender peer;

  private Variant(Blueprint blueprint, Block block, SessionOptions options, boolean withPeer) {
    this.blueprint = blueprint;
    ChannelsLast around = new ChannelsLast(block, List.copyOf(blueprint.inputs().values()));
    byte[] alone = blueprint.file(WEIGHTS);
    byte[] within = Blueprint.of(around, around.shapes()).file(WEIGHTS);
    Map<String, Tensor> inputs = inputs(alone);
    inside = session(within, around.inside(inputs), options);
    file = session(alone, inputs, options);
    peer = withPeer ? open(new OrtContender(alone, inputs, options.threads())) : null;
  }

  /** A block of the zoo at its usual size. */
  static Variant of(Zoo.Entry entry, SessionOptions options, boolean withPeer) {
    return new Variant(entry.blueprint(), entry.block().get(), options, withPeer);
  }

  /** A dense 3x3 convolution with as many output as input channels. */
  static Variant dense(Shape image, SessionOptions options, boolean withPeer) {
    ConvSpec spec = ConvSpec.of(image.dim(1), 3);
    Block.Single block = (n, x) -> n.conv("conv", x, spec);
    return new Variant(Blueprint.of(block, image), block, options, withPeer);
  }

  /**
   * The image that a dense convolution in this block's place would see and make, if it makes one of
   * the size that it sees; else the usual one.
   */
  static Shape image(Blueprint block) {
    Optional<Shape> seen = image(List.copyOf(block.inputs().values()));
    Optional<Shape> made = image(block.outputs().values().stream().map(TensorType::shape).toList());
    return seen.filter(x -> made.equals(seen)).orElse(USUAL);
  }

  /**
   * The channels of all octaves at the size of the first. Tokens are those of a square map, windows
   * those of one map.
   */
  private static Optional<Shape> image(List<Shape> values) {
    Shape first = values.getFirst();
    if (first.rank() == 4) {
      int channels =
          values.stream().filter(x -> ChannelsLast.isImage(first, x)).mapToInt(x -> x.dim(1)).sum();
      return Optional.of(Shape.of(first.dim(0), channels, first.dim(2), first.dim(3)));
    }
    if (first.rank() != 3) {
      return Optional.empty();
    }
    int tokens = first.dim(0) * first.dim(1);
    int side = (int) Math.sqrt(tokens);
    return side * side == tokens
        ? Optional.of(Shape.of(1, first.dim(2), side, side))
        : Optional.empty();
  }

  private static Map<String, Tensor> inputs(byte[] model) {
    try (Model loaded = Model.of(model)) {
      return Inputs.of(loaded.inputs(), Map.of(), Map.of(), Map.of());
    } catch (IOException e) {
      throw new IllegalStateException("no file is read", e);
    }
  }

  private SessionContender session(
      byte[] bytes, Map<String, Tensor> inputs, SessionOptions options) {
    Model model = open(Model.of(bytes));
    return open(new SessionContender(model, inputs, options));
  }

  private <T extends AutoCloseable> T open(T resource) {
    opened.push(resource);
    return resource;
  }

  /** As it stands inside a network. */
  SessionContender inside() {
    return inside;
  }

  /** From a file of its own. */
  SessionContender file() {
    return file;
  }

  /** In ONNX Runtime; null where that is missing. */
  @Nullable OrtContender peer() {
    return peer;
  }

  /** Multiply-adds of a run, after folding. */
  long macs() {
    return inside.execution().plans().stream().mapToLong(Plan::macs).sum();
  }

  /** Of all inputs and all outputs. */
  long bytes() {
    return bytes(blueprint.inputs().values().stream().map(TensorType::floats).toList())
        + bytes(blueprint.outputs().values());
  }

  private static long bytes(Collection<TensorType> types) {
    return types.stream().mapToLong(TensorType::bytes).sum();
  }

  /** Whether what all of them computed last is the same; NaN if there is no peer to ask. */
  Agreement agreement() {
    Map<String, Tensor> ours = file.outputs();
    Agreement within = Agreement.of(ChannelsLast.outside(inside.outputs()), ours);
    if (peer == null) {
      return within;
    }
    Agreement other = Agreement.of(ours, peer.outputs());
    return within.error() > other.error() ? within : other;
  }

  @Override
  public void close() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException("what only frees memory does not fail", e);
      }
    }
  }
}
