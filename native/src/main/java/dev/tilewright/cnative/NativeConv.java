package dev.tilewright.cnative;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Cost;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.conv.FilterSum;
import dev.tilewright.conv.Rounding;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One row of the C kernel table. */
final class NativeConv implements ConvAlgorithm {
  /** TW_MOST_TILES. */
  private static final int MOST_TILES = 8;

  /** What the tests of whole models allow, of the largest value. */
  private static final double MOST_ERROR = 1e-3;

  private static final int[] OWN_CHOICE = {};

  private final int kernel;
  private final Isa limit;
  private final String id;
  private final String family;

  /** Of the tunable parameters. */
  private final List<String> names;

  NativeConv(int kernel, Isa limit) {
    this.kernel = kernel;
    this.limit = limit;
    this.id = "native." + CLibrary.tw_name(kernel);
    @Nullable String shared = CLibrary.tw_family(kernel);
    this.family = shared == null ? id : shared;
    this.names =
        IntStream.range(0, NativeArguments.MOST_TUNABLES)
            .mapToObj(i -> CLibrary.tw_tile_name(kernel, i))
            .takeWhile(Objects::nonNull)
            .toList();
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Applicability check(ConvProblem problem) {
    try (Arena arena = Arena.ofConfined()) {
      @Nullable String reason =
          CLibrary.tw_refuses(
              kernel, NativeArguments.problem(problem, limit, OWN_CHOICE, arena).address());
      if (reason != null) {
        return new Applicability.No(reason);
      }
    }
    ConvShape shape = problem.shape();
    return Applicability.when(
        rounding(shape).bound(shape) <= MOST_ERROR,
        "rounding errors could exceed " + MOST_ERROR + " of the sum's magnitude");
  }

  @Override
  public Rounding rounding(ConvShape shape) {
    try (Arena arena = Arena.ofConfined()) {
      ConvProblem problem = new ConvProblem(shape, Epilogue.NONE, 1);
      MemorySegment rounding = arena.allocate(JAVA_DOUBLE, 4);
      CLibrary.tw_rounding(
          kernel,
          NativeArguments.problem(problem, limit, OWN_CHOICE, arena).address(),
          rounding.address());
      return new Rounding(
          rounding.getAtIndex(JAVA_DOUBLE, 0),
          new ConvShape.Size(
              (int) rounding.getAtIndex(JAVA_DOUBLE, 1), (int) rounding.getAtIndex(JAVA_DOUBLE, 2)),
          (int) rounding.getAtIndex(JAVA_DOUBLE, 3));
    }
  }

  @Override
  public List<Tile> tiles(ConvProblem problem) {
    if (names.isEmpty()) {
      return List.of(Tile.NONE);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(JAVA_INT, (long) MOST_TILES * names.size());
      long address = NativeArguments.problem(problem, limit, OWN_CHOICE, arena).address();
      int count = CLibrary.tw_tiles(kernel, address, values.address());
      List<Tile> tiles = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Map<String, Integer> tile = new HashMap<>();
        for (int j = 0; j < names.size(); j++) {
          tile.put(names.get(j), values.getAtIndex(JAVA_INT, (long) i * names.size() + j));
        }
        tiles.add(new Tile(tile));
      }
      return tiles;
    }
  }

  @Override
  public Cost cost(ConvProblem problem, Tile tile) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cost = arena.allocate(JAVA_DOUBLE, 3);
      long address = NativeArguments.problem(problem, limit, values(tile), arena).address();
      CLibrary.tw_cost(kernel, address, cost.address());
      return new Cost(
          cost.getAtIndex(JAVA_DOUBLE, 0),
          cost.getAtIndex(JAVA_DOUBLE, 1),
          cost.getAtIndex(JAVA_DOUBLE, 2));
    }
  }

  @Override
  public String family() {
    return family;
  }

  @Override
  public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
    return prepare(problem, tile, weights, null);
  }

  @Override
  public Applicability check(ConvProblem problem, FilterSum sum) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = NativeArguments.problem(problem, limit, OWN_CHOICE, sum, arena);
      @Nullable String reason = CLibrary.tw_refuses(kernel, struct.address());
      return reason == null ? Applicability.yes() : new Applicability.No(reason);
    }
  }

  @Override
  public Kernel prepare(ConvProblem problem, Tile tile, FilterSum sum, Weights experts) {
    return prepare(problem, tile, experts, sum);
  }

  private Kernel prepare(ConvProblem problem, Tile tile, Weights weights, @Nullable FilterSum sum) {
    // Immutable and shared by sessions: owned by the kernel object.
    MemorySegment struct =
        NativeArguments.problem(problem, limit, values(tile), sum, Arena.ofAuto());
    String layout = "native." + CLibrary.tw_layout(kernel);
    MemorySegment packed =
        weights.packed(
            sum == null ? layout : layout + "_" + sum.form(),
            CLibrary.tw_packed_bytes(kernel, struct.address()),
            memory -> pack(struct, weights, memory));
    return new PreparedConv(
        kernel, struct, packed, sum != null, CLibrary.tw_workspace_bytes(kernel, struct.address()));
  }

  private int[] values(Tile tile) {
    return tile.equals(Tile.NONE) ? OWN_CHOICE : names.stream().mapToInt(tile::get).toArray();
  }

  /** Weights that a model computes are packed in every run, from where they lie: no arena then. */
  private void pack(MemorySegment struct, Weights weights, MemorySegment to) {
    Tensor filter = weights.filter();
    Tensor bias = weights.bias();
    if (isAddressable(filter) && (bias == null || isAddressable(bias))) {
      long biasAt = bias == null ? 0 : bias.data().address();
      CLibrary.tw_pack(kernel, struct.address(), filter.data().address(), biasAt, to.address());
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      CLibrary.tw_pack(
          kernel,
          struct.address(),
          copy(filter, arena),
          bias == null ? 0 : copy(bias, arena),
          to.address());
    }
  }

  /** Whether C can read the values where they are. */
  private static boolean isAddressable(Tensor tensor) {
    return tensor.data().isNative() && tensor.data().address() % 4 == 0;
  }

  /** Address of an aligned copy. */
  private static long copy(Tensor tensor, Arena arena) {
    MemorySegment data = tensor.data();
    return arena
        .allocateFrom(JAVA_FLOAT, data, JAVA_FLOAT_UNALIGNED, 0, data.byteSize() / 4)
        .address();
  }

  private record PreparedConv(
      int kernel, MemorySegment problem, MemorySegment packed, boolean sum, long workspaceBytes)
      implements Kernel {
    @Override
    public Task bind(Operands operands) {
      long args = NativeArguments.args(problem, kernel, packed.address(), sum, operands).address();
      return new BoundConv(args, CLibrary.tw_bind(args));
    }

    @Override
    public boolean acceptsStridedRows() {
      return true;
    }
  }

  /**
   * @param args address of the argument block, in the arena of the session
   */
  private record BoundConv(long args, int parts) implements Task {
    @Override
    public void run(int from, int to, int worker) {
      CLibrary.tw_run(args, from, to, worker, 0);
    }

    @Override
    public void goOn(int from, int to, int worker) {
      CLibrary.tw_run(args, from, to, worker, 1);
    }
  }
}
