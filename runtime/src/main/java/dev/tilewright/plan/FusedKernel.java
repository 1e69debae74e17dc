package dev.tilewright.plan;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.plan.Bands.Band;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ConvChain} band by band. The 1x1 before the depthwise convolution writes the rows that
 * the band adds under those that were kept, the depthwise one reads all of them and writes the
 * band, which the 1x1 after it reads. Members are kernels of any algorithm, prepared for the shapes
 * of bands; they compute the same sums in the same order as for whole images, so the results are
 * the same bits.
 *
 * <p>Rows and band lie in the scratch of the workers, one set a part and not one a worker: a part
 * has then fixed addresses, and each member is bound once for each band. Behind them lies the
 * members' own scratch, by worker.
 *
 * <p>Operands, in: src, then the residual of the last member if it has one; out: its dst.
 */
final class FusedKernel implements Kernel {
  /**
   * One convolution of the chain.
   *
   * @param shape of all images
   * @param kernels for the shapes of bands
   */
  record Member(ConvShape shape, Map<ConvShape, Kernel> kernels) {
    Kernel kernel(ConvShape band) {
      Kernel kernel = kernels.get(band);
      if (kernel == null) {
        throw new IllegalStateException("not prepared for " + band.key());
      }
      return kernel;
    }
  }

  private final @Nullable Member before;
  private final Member depthwise;
  private final @Nullable Member after;
  private final Bands bands;
  private final int threads;

  /** Elements from one pixel of the rows, or of the band, to the next. */
  private final long stride;

  /**
   * @param threads that will share the work
   */
  FusedKernel(
      @Nullable Member before, Member depthwise, @Nullable Member after, Bands bands, int threads) {
    this.before = before;
    this.depthwise = depthwise;
    this.after = after;
    this.bands = bands;
    this.threads = threads;
    int channels = depthwise.shape.inChannels();
    stride = acceptsStridedRows() ? Arrangement.stride(channels) : channels;
  }

  private long rowsBytes() {
    return before == null
        ? 0
        : aligned(4L * bands.mostSeen() * depthwise.shape.in().width() * stride);
  }

  private long bandBytes() {
    return after == null ? 0 : aligned(4L * bands.rows() * depthwise.shape.out().width() * stride);
  }

  private static long aligned(long bytes) {
    return (bytes + 63) / 64 * 64;
  }

  /** Scratch of the parts that lie with one worker. */
  private long partsBytes() {
    int each = Math.ceilDiv(bands.parts().size(), threads);
    return each * (rowsBytes() + bandBytes());
  }

  private List<Kernel> kernels() {
    return Stream.of(before, depthwise, after)
        .filter(Objects::nonNull)
        .flatMap(m -> m.kernels.values().stream())
        .toList();
  }

  @Override
  public long workspaceBytes() {
    return partsBytes() + kernels().stream().mapToLong(Kernel::workspaceBytes).max().orElse(0);
  }

  @Override
  public boolean acceptsStridedRows() {
    return kernels().stream().allMatch(Kernel::acceptsStridedRows);
  }

  @Override
  public Task bind(Operands operands) {
    List<List<Step>> parts = new ArrayList<>();
    for (int part = 0; part < bands.parts().size(); part++) {
      long rows = operands.workspace(part % threads) + part / threads * (rowsBytes() + bandBytes());
      long band = rows + rowsBytes();
      List<Step> steps = new ArrayList<>();
      bands.parts().get(part).forEach(b -> steps.add(step(operands, b, rows, band)));
      parts.add(steps);
    }
    return new FusedTask(parts);
  }

  /**
   * A band bound to memory: bytes to move, then tasks to run.
   *
   * @param kept bytes to move to the start of the rows
   */
  record Step(long to, long from, long kept, Task[] tasks) {}

  private Step step(Operands operands, Band band, long rows, long bandAt) {
    List<Task> tasks = new ArrayList<>();
    ConvShape d = depthwise.shape;
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    View seen = part(src, d.in(), band.image(), band.top(), band.seen());
    long rowBytes = 4L * d.in().width() * stride;
    if (before != null) {
      View image = part(src, d.in(), band.image(), band.top() + band.kept(), band.computed());
      View added =
          rows(rows + band.kept() * rowBytes, band.computed(), d.in(), d.inChannels(), stride);
      if (band.computed() > 0) {
        Kernel kernel = before.kernel(Bands.pointwise(before.shape, band.computed()));
        tasks.add(bind(kernel, List.of(image), added, operands));
      }
      seen = rows(rows, band.seen(), d.in(), d.inChannels(), stride);
    }
    View result = part(dst, d.out(), band.image(), band.first(), band.rows());
    List<View> last = new ArrayList<>();
    operands.in().stream()
        .skip(1)
        .forEach(v -> last.add(part(v, d.out(), band.image(), band.first(), band.rows())));
    Kernel kernel = depthwise.kernel(bands.depthwise(band));
    if (after == null) {
      last.addFirst(seen);
      tasks.add(bind(kernel, last, result, operands));
    } else {
      View middle = rows(bandAt, band.rows(), d.out(), d.outChannels(), stride);
      tasks.add(bind(kernel, List.of(seen), middle, operands));
      last.addFirst(middle);
      Kernel project = after.kernel(Bands.pointwise(after.shape, band.rows()));
      tasks.add(bind(project, last, result, operands));
    }
    long kept = before == null ? 0 : band.kept() * rowBytes;
    return new Step(rows, rows + band.skipped() * rowBytes, kept, tasks.toArray(Task[]::new));
  }

  private Task bind(Kernel kernel, List<View> in, View out, Operands operands) {
    return kernel.bind(
        new Operands(
            in,
            List.of(out),
            operands.workspace() + partsBytes(),
            operands.workspaceStride(),
            operands.arena()));
  }

  /** Some rows of one image of a tensor. */
  private static View part(View whole, ConvShape.Size size, int image, int row, int rows) {
    long pixel = ((long) image * size.height() + row) * size.width();
    return rows(whole.at(pixel, 0), rows, size, whole.columns(), whole.rowStride());
  }

  private static View rows(long address, int rows, ConvShape.Size size, int channels, long stride) {
    Shape shape = Shape.of(1, rows, size.width(), channels);
    return new View(address, TensorType.floats(shape), stride);
  }

  /** Parts in order, the bands of each in order. */
  private static final class FusedTask implements Task {
    private final Step[][] parts;

    FusedTask(List<List<Step>> parts) {
      this.parts = parts.stream().map(p -> p.toArray(Step[]::new)).toArray(Step[][]::new);
    }

    @Override
    public int parts() {
      return parts.length;
    }

    @Override
    public void run(int from, int to, int worker) {
      for (int part = from; part < to; part++) {
        for (Step step : parts[part]) {
          if (step.kept > 0 && step.to != step.from) {
            MemorySegment.copy(Memory.ALL, step.from, Memory.ALL, step.to, step.kept);
          }
          for (Task task : step.tasks) {
            task.run(0, task.parts(), worker);
          }
        }
      }
    }
  }
}
