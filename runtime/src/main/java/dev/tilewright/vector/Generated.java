package dev.tilewright.vector;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/**
 * Kernels of one kind, each a hidden class made when it is first asked for and kept. Safe for use
 * by several threads.
 *
 * @param <S> what a kernel is made for; equal specifications share a class
 * @param <T> interface with one method, {@code run}, that the class implements
 */
final class Generated<S, T> {
  /** Calls a new kernel once, with little work, on zeroed scratch memory. */
  interface Exercise<S, T> {
    void call(S spec, T kernel, long scratch);
  }

  /** HotSpot never compiles a method larger than this. */
  private static final int HUGE_METHOD = 8000;

  private final Class<T> type;
  private final String name;
  private final BiConsumer<VectorCode, S> body;
  private final Exercise<S, T> exercise;
  private final MethodTypeDesc descriptor;
  private final Map<S, T> kernels = new ConcurrentHashMap<>();

  Generated(Class<T> type, String name, BiConsumer<VectorCode, S> body, Exercise<S, T> exercise) {
    this.type = type;
    this.name = name;
    this.body = body;
    this.exercise = exercise;
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

  /** The kernel for this specification; its compilation by the JIT may still be under way. */
  T get(S spec) {
    return kernels.computeIfAbsent(
        spec,
        s -> {
          T kernel = define(s);
          Jit.warm(scratch -> exercise.call(s, kernel, scratch));
          return kernel;
        });
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
