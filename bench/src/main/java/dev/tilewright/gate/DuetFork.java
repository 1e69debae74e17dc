package dev.tilewright.gate;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/**
 * The program of one fork: both sides in one JVM, in class loaders that share nothing but the JDK,
 * their models in the same memory. One side alone takes turns with itself.
 */
public final class DuetFork {
  private static final long SLAB_BYTES = 128L << 20;
  private static final List<String> WHICH = List.of("baseline", "candidate");
  private static final int COUNTED_RUNS = 20;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final ForkJob job;
  private final SideLoader[] loaders;
  private final MemorySegment memory = Arena.ofShared().allocate(SLAB_BYTES, 1 << 12);

  private DuetFork(ForkJob job) {
    this.job = job;
    SideLoader first = loader(job.baseline(), false);
    loaders = new SideLoader[] {first, job.isOfOneSide() ? first : loader(job.candidate(), false)};
  }

  private static SideLoader loader(List<String> classPath, boolean counting) {
    return new SideLoader(classPath.stream().map(Path::of).toList(), counting);
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
    IntConsumer[] subjects = new IntConsumer[2];
    MemorySegment[] images = new MemorySegment[2];
    for (int side : sides()) {
      Slab slab = new Slab(memory);
      subjects[side] = model(loaders[side], WHICH.get(side), task, onnx, slab);
      MemorySegment used = memory.asSlice(0, slab.used());
      images[side] = Arena.ofShared().allocate(Math.max(1, used.byteSize()), 64).copyFrom(used);
      used.fill((byte) 0);
    }
    if (job.isOfOneSide()) {
      subjects[1] = subjects[0];
      images[1] = images[0];
    }
    boolean same = images[0].mismatch(images[1]) < 0;
    memory.copyFrom(images[0]);
    ForkJob.Result result =
        duel(
            task,
            subjects,
            side ->
                same
                    ? () -> {}
                    : () ->
                        MemorySegment.copy(images[side], 0, memory, 0, images[side].byteSize()));
    return job.counts() && !job.isOfOneSide()
        ? result.with(
            Counters.NATIVE_CALLS,
            nativeCalls(job.baseline(), WHICH.get(0), task, onnx),
            nativeCalls(job.candidate(), WHICH.get(1), task, onnx))
        : result;
  }

  private static IntConsumer model(
      SideLoader loader, String which, ForkJob.Task task, byte[] onnx, Slab slab) {
    return subject(
        loader,
        which,
        "ModelSubject",
        new Class<?>[] {byte[].class, Map.class, String.class, Arena.class},
        onnx,
        Objects.requireNonNull(task.shapes()),
        task.backend(),
        slab);
  }

  /** Of one run, in classes of their own; the memory of the timed subjects is overwritten. */
  private String nativeCalls(List<String> classPath, String which, ForkJob.Task task, byte[] onnx) {
    try (SideLoader counting = loader(classPath, true)) {
      IntConsumer subject = model(counting, which, task, onnx, new Slab(memory));
      Method taken = counting.loadClass(NativeCalls.class.getName()).getMethod("taken");
      subject.accept(1);
      taken.invoke(null);
      subject.accept(1);
      return String.valueOf(taken.invoke(null));
    } catch (ReflectiveOperationException | IOException e) {
      throw new IllegalStateException("calls into the C library cannot be counted", e);
    }
  }

  private ForkJob.Result jmh(ForkJob.Task task) {
    IntConsumer[] subjects = new IntConsumer[2];
    for (int side : sides()) {
      subjects[side] =
          subject(
              loaders[side],
              WHICH.get(side),
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
    if (task.work() > 0) {
      Duel.Player slower =
          new Duel.Player(
              AddedWork.to(subjects[1], task.work() * duel.warmNanosOfB()), entering.apply(1));
      duel = new Duel(a, slower, job.blockMicros());
      settled &= duel.warmUp(job.warmupMillis());
    }
    Duel.Score score = duel.play(job.measureMillis(), job.swap());
    return new ForkJob.Result(
        task.name(), null, score.a(), score.b(), settled, task.method() == null, before, after);
  }

  /** In the order in which they are made ready. */
  private int[] sides() {
    return job.isOfOneSide() ? new int[] {0} : job.swap() ? new int[] {1, 0} : new int[] {0, 1};
  }

  private static IntConsumer subject(
      SideLoader loader, String which, String name, Class<?>[] types, Object... arguments) {
    Thread thread = Thread.currentThread();
    ClassLoader own = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return (IntConsumer)
          loader
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
