package dev.tilewright.gate;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/**
 * The program of one fork: both sides in one JVM, in class loaders that share nothing but the JDK,
 * their models in the same memory.
 */
public final class DuetFork {
  private static final long SLAB_BYTES = 128L << 20;
  private static final int COUNTED_RUNS = 20;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final ForkJob job;
  private final SideLoader[] loaders;

  private DuetFork(ForkJob job) {
    this.job = job;
    loaders =
        new SideLoader[] {
          new SideLoader(job.baseline().stream().map(Path::of).toList()),
          new SideLoader(job.candidate().stream().map(Path::of).toList())
        };
  }

  /**
   * Measures once.
   *
   * @param args a file with a {@link ForkJob}, and one for its results, a line each
   */
  public static void main(String[] args) throws IOException {
    ForkJob job = ForkJob.parse(Files.readString(Path.of(args[0])));
    DuetFork fork = new DuetFork(job);
    StringBuilder lines = new StringBuilder();
    for (ForkJob.Task task : job.tasks()) {
      lines.append(ForkJob.toJson(fork.measured(task))).append('\n');
    }
    Files.writeString(Path.of(args[1]), lines);
  }

  private ForkJob.Result measured(ForkJob.Task task) {
    try {
      return task.method() == null ? model(task) : jmh(task);
    } catch (RefusedException e) {
      return ForkJob.Result.refused(task.name(), Objects.requireNonNull(e.getMessage()));
    }
  }

  private static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    RefusedException(String side, Throwable cause) {
      super("the " + side + " cannot run it: " + cause, cause);
    }
  }

  private ForkJob.Result model(ForkJob.Task task) {
    byte[] onnx;
    try {
      onnx = Files.readAllBytes(Path.of(Objects.requireNonNull(task.model())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    MemorySegment memory = Arena.ofShared().allocate(SLAB_BYTES, 1 << 12);
    IntConsumer[] subjects = new IntConsumer[2];
    MemorySegment[] images = new MemorySegment[2];
    for (int side : job.swap() ? new int[] {1, 0} : new int[] {0, 1}) {
      Slab slab = new Slab(memory);
      subjects[side] =
          subject(
              side,
              "ModelSubject",
              new Class<?>[] {byte[].class, Map.class, String.class, Arena.class},
              onnx,
              Objects.requireNonNull(task.shapes()),
              task.backend(),
              slab);
      MemorySegment used = memory.asSlice(0, slab.used());
      images[side] = Arena.ofShared().allocate(Math.max(1, used.byteSize()), 64).copyFrom(used);
      used.fill((byte) 0);
    }
    boolean same = images[0].mismatch(images[1]) < 0;
    memory.copyFrom(images[0]);
    return duel(
        task,
        subjects,
        side ->
            same
                ? () -> {}
                : () -> MemorySegment.copy(images[side], 0, memory, 0, images[side].byteSize()));
  }

  private ForkJob.Result jmh(ForkJob.Task task) {
    IntConsumer[] subjects = new IntConsumer[2];
    for (int side : job.swap() ? new int[] {1, 0} : new int[] {0, 1}) {
      subjects[side] =
          subject(
              side,
              "JmhSubject",
              new Class<?>[] {String.class},
              Objects.requireNonNull(task.method()));
    }
    return duel(task, subjects, side -> () -> {});
  }

  private ForkJob.Result duel(
      ForkJob.Task task,
      IntConsumer[] subjects,
      java.util.function.IntFunction<Runnable> entering) {
    Duel.Player a = new Duel.Player(subjects[0], entering.apply(0));
    Duel.Player b = new Duel.Player(subjects[1], entering.apply(1));
    Duel duel = new Duel(a, b, job.blockMicros());
    boolean settled = duel.warmUp(job.warmupMillis());
    Map<String, String> before = facts(a);
    Map<String, String> after = facts(b);
    if (job.work() > 0) {
      Duel.Player slower =
          new Duel.Player(
              AddedWork.to(subjects[1], job.work() * duel.warmNanosOfB()), entering.apply(1));
      duel = new Duel(a, slower, job.blockMicros());
      settled &= duel.warmUp(job.warmupMillis());
    }
    Duel.Score score = duel.play(job.measureMillis(), job.swap());
    return new ForkJob.Result(
        task.name(), null, score.a(), score.b(), settled, task.method() == null, before, after);
  }

  private IntConsumer subject(int side, String name, Class<?>[] types, Object... arguments) {
    String which = side == 0 ? "baseline" : "candidate";
    Thread thread = Thread.currentThread();
    ClassLoader own = thread.getContextClassLoader();
    thread.setContextClassLoader(loaders[side]);
    try {
      return (IntConsumer)
          loaders[side]
              .loadClass(DuetFork.class.getPackageName() + "." + name)
              .getConstructor(types)
              .newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw new RefusedException(which, Objects.requireNonNullElse(e.getCause(), e));
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new RefusedException(which, e);
    } finally {
      thread.setContextClassLoader(own);
    }
  }

  private static Map<String, String> facts(Duel.Player player) {
    player.enter().run();
    player.run().accept(COUNTED_RUNS);
    long before = THREADS.getCurrentThreadAllocatedBytes();
    player.run().accept(COUNTED_RUNS);
    long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(Counters.ALLOCATED, String.valueOf(bytes / COUNTED_RUNS));
    if (player.run() instanceof Supplier<?> counted && counted.get() instanceof Map<?, ?> more) {
      more.forEach((name, value) -> facts.put(name.toString(), value.toString()));
    }
    return facts;
  }
}
