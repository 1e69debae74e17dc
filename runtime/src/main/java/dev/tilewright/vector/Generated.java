package dev.tilewright.vector;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Kernels of one kind, each a hidden class made when it is first asked for and kept. Safe for use
 * by several threads.
 *
 * <p>A kernel is given out when C2 has compiled it and the result was looked at: it must allocate
 * nothing and, if its arithmetic is known, not be far slower than what other kernels reach here. If
 * it is not so, the class is defined again: a new class has a new profile and is compiled anew, and
 * what C2 makes of the same code depends on the profile (docs/architecture.md tells what was seen).
 *
 * @param <S> what a kernel is made for; equal specifications share a class
 * @param <T> interface with one method, {@code run}, that the class implements
 */
final class Generated<S, T> {
  /** Calls a new kernel once on zeroed scratch memory of {@link #SCRATCH_BYTES}. */
  interface Exercise<S, T> {
    /**
     * One call.
     *
     * @param depth length of the innermost loop, where it is free to choose
     */
    void call(S spec, T kernel, long scratch, int depth);
  }

  /** Multiply-adds of vectors in an exercise of some depth; 0 if they say nothing about time. */
  interface Work<S> {
    double of(S spec, int depth);
  }

  static final long SCRATCH_BYTES = 1 << 17;

  /** HotSpot never compiles a method larger than this. */
  private static final int HUGE_METHOD = 8000;

  /** The property is for tests of results on machines that are emulated or busy. */
  private static final int MOST_DRAWS = Integer.getInteger("tilewright.vector.draws", 4);

  /** C2 wants 600 calls and 15,000 iterations: of so many iterations, neither is waited for. */
  private static final int SHORT = 24;

  /** Long enough for the loop to outweigh the rest of a kernel, short enough to stay in L1. */
  private static final int LONG = 64;

  /**
   * Kernels with spills in their loop were seen at 2 to 17 % of their speed, good ones above 70.
   */
  private static final double SLOW = 0.4;

  private static final System.Logger LOG = System.getLogger(Generated.class.getName());

  /** Vector multiply-adds a nanosecond, the most that any kernel of this process has shown. */
  private static final AtomicReference<Double> BEST = new AtomicReference<>(0.0);

  private static final AtomicInteger REDRAWN = new AtomicInteger();

  private final Class<T> type;
  private final String name;
  private final BiConsumer<VectorCode, S> body;
  private final Exercise<S, T> exercise;
  private final Work<S> work;
  private final MethodTypeDesc descriptor;
  private final Map<S, CompletableFuture<T>> kernels = new ConcurrentHashMap<>();

  Generated(
      Class<T> type,
      String name,
      BiConsumer<VectorCode, S> body,
      Exercise<S, T> exercise,
      Work<S> work) {
    this.type = type;
    this.name = name;
    this.body = body;
    this.exercise = exercise;
    this.work = work;
    Method run =
        Arrays.stream(type.getDeclaredMethods())
            .filter(m -> m.getName().equals("run"))
            .findFirst()
            .orElseThrow();
    descriptor =
        MethodTypeDesc.of(
            desc(run.getReturnType()),
            Arrays.stream(run.getParameterTypes()).map(Generated::desc).toList());
  }

  /** The kernel for this specification. The first call takes 0.1 to 0.3 s, most of it in C2. */
  T get(S spec) {
    CompletableFuture<T> mine = new CompletableFuture<>();
    CompletableFuture<T> other = kernels.putIfAbsent(spec, mine);
    if (other != null) {
      return other.join();
    }
    try {
      mine.complete(draw(spec));
    } catch (RuntimeException | Error e) {
      kernels.remove(spec);
      mine.completeExceptionally(e);
      throw e;
    }
    return mine.join();
  }

  private T draw(S spec) {
    try (Arena arena = Arena.ofConfined()) {
      long scratch = arena.allocate(SCRATCH_BYTES, 64).address();
      T kernel = define(spec);
      for (int draw = 1; ; draw++) {
        String fault = fault(spec, kernel, scratch);
        if (fault == null) {
          return kernel;
        }
        if (draw == MOST_DRAWS) {
          LOG.log(WARNING, "{0} kernel {1} {2}, {3} times", name, spec, fault, draw);
          return kernel;
        }
        LOG.log(DEBUG, "{0} kernel {1} {2}; defined again", name, spec, fault);
        REDRAWN.incrementAndGet();
        kernel = define(spec);
      }
    }
  }

  /** How many kernels of this process C2 made something bad of. */
  static int redrawn() {
    return REDRAWN.get();
  }

  /** What is wrong with the compiled kernel, or null. */
  private @Nullable String fault(S spec, T kernel, long scratch) {
    if (!Jit.warm(() -> exercise.call(spec, kernel, scratch, SHORT))) {
      return "allocates";
    }
    double fmas = work.of(spec, LONG);
    if (fmas == 0) {
      return null;
    }
    double best = 0;
    for (int i = 0; i < 20; i++) {
      long start = System.nanoTime();
      for (int j = 0; j < 10; j++) {
        exercise.call(spec, kernel, scratch, LONG);
      }
      best = Math.max(best, 10 * fmas / (System.nanoTime() - start));
    }
    double most = BEST.accumulateAndGet(best, Math::max);
    return best < SLOW * most
        ? String.format(Locale.ROOT, "is at %.0f %% of others' speed", 100 * best / most)
        : null;
  }

  private T define(S spec) {
    ClassDesc self = ClassDesc.of(getClass().getPackageName() + ".Generated_" + name);
    byte[] bytes =
        ClassFile.of()
            .build(
                self,
                c ->
                    c.withFlags(ClassFile.ACC_FINAL)
                        .withInterfaceSymbols(desc(type))
                        .withMethodBody(INIT_NAME, MTD_void, 0, Generated::construct)
                        .withMethodBody(
                            "run", descriptor, ClassFile.ACC_PUBLIC, m -> write(m, spec)));
    if (largestMethod(bytes) > HUGE_METHOD) {
      throw new IllegalArgumentException(
          name + " " + spec + " is more code than the JIT compiles: " + largestMethod(bytes));
    }
    try {
      Class<?> kernel = MethodHandles.lookup().defineHiddenClass(bytes, true).lookupClass();
      return type.cast(kernel.getDeclaredConstructor().newInstance());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot define " + name + " kernel " + spec, e);
    }
  }

  private void write(CodeBuilder method, S spec) {
    VectorCode code = new VectorCode(method, Jit.fusedMultiplyAdd(), descriptor);
    body.accept(code, spec);
    method.return_();
  }

  private static int largestMethod(byte[] bytes) {
    return ClassFile.of().parse(bytes).methods().stream()
        .mapToInt(m -> m.findAttribute(Attributes.code()).orElseThrow().codeLength())
        .max()
        .orElseThrow();
  }

  private static void construct(CodeBuilder code) {
    code.aload(0).invokespecial(CD_Object, INIT_NAME, MTD_void).return_();
  }

  private static ClassDesc desc(Class<?> c) {
    return c.describeConstable().orElseThrow();
  }
}
