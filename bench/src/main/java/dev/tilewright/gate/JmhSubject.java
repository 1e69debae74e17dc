package dev.tilewright.gate;

import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A method of a JMH benchmark, called without JMH: state on the benchmark's own class, set up once.
 * Loaded once a side ({@link SideLoader}), so that each side's loop is compiled for its method
 * alone; annotations are those of the side's own JMH, found by name.
 */
public final class JmhSubject implements IntConsumer {
  private static final String JMH = "org.openjdk.jmh.annotations.";
  private static final String BLACKHOLE = "org.openjdk.jmh.infra.Blackhole";

  /** What Blackhole's constructor asks of those who know what they do. */
  private static final String CHALLENGE =
      "Today's password is swordfish. I understand instantiating Blackholes directly is dangerous.";

  private static final VarHandle SINK = field("sink", Object.class);
  private static final VarHandle BITS = field("bits", long.class);

  @SuppressWarnings("unused") // written so that what a benchmark returns is not computed in vain
  private static volatile @Nullable Object sink;

  @SuppressWarnings("unused")
  private static volatile long bits;

  private static @Nullable MethodHandle next;

  /** Initialised by the first call, when the handle is known: then a constant for the compiler. */
  private static final class Body {
    static final MethodHandle HANDLE = Objects.requireNonNull(next);
  }

  private static VarHandle field(String name, Class<?> type) {
    try {
      return MethodHandles.lookup().findStaticVarHandle(JmhSubject.class, name, type);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /**
   * Sets the benchmark up.
   *
   * @param name class and method, {@code a.b.C.m}
   * @throws UnsupportedOperationException if it needs what only JMH does; the message says what
   */
  public JmhSubject(String name) throws ReflectiveOperationException {
    int dot = name.lastIndexOf('.');
    Class<?> owner = Class.forName(name.substring(0, dot), true, getClass().getClassLoader());
    Method method = benchmark(owner, name.substring(dot + 1));
    refuseWhatOnlyJmhDoes(owner, method);
    Object state = construct(owner);
    for (Class<?> c = owner; c != null; c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        Annotation param = annotation(field.getAnnotations(), "Param");
        if (param != null) {
          field.setAccessible(true);
          field.set(state, first(field, param));
        }
      }
    }
    for (Method setup : annotated(owner, "Setup")) {
      setup.setAccessible(true);
      setup.invoke(state);
    }
    method.setAccessible(true);
    MethodHandle handle = MethodHandles.lookup().unreflect(method);
    handle = Modifier.isStatic(method.getModifiers()) ? handle : handle.bindTo(state);
    if (method.getParameterCount() == 1) {
      handle = MethodHandles.insertArguments(handle, 0, blackhole(method.getParameterTypes()[0]));
    }
    become(swallowed(handle));
  }

  private static void become(MethodHandle handle) {
    if (next != null) {
      throw new IllegalStateException("one benchmark a class loader: its loop is compiled for it");
    }
    next = handle;
    Objects.requireNonNull(Body.HANDLE);
  }

  @Override
  public void accept(int runs) {
    try {
      for (int i = 0; i < runs; i++) {
        Body.HANDLE.invokeExact();
      }
    } catch (Throwable e) {
      throw new IllegalStateException("the benchmark threw " + e, e);
    }
  }

  private static Method benchmark(Class<?> owner, String name) {
    List<Method> found =
        annotated(owner, "Benchmark").stream().filter(m -> m.getName().equals(name)).toList();
    if (found.size() != 1) {
      throw new UnsupportedOperationException(
          found.size() + " methods with @Benchmark are called " + name);
    }
    return found.getFirst();
  }

  private static void refuseWhatOnlyJmhDoes(Class<?> owner, Method method) {
    for (Annotation[] all : List.of(method.getAnnotations(), owner.getAnnotations())) {
      if (annotation(all, "Group") != null) {
        throw new UnsupportedOperationException("it runs in a @Group of threads");
      }
      Annotation threads = annotation(all, "Threads");
      if (threads != null && !value(threads, "value").equals(1)) {
        throw new UnsupportedOperationException("it asks for several @Threads");
      }
      Annotation fork = annotation(all, "Fork");
      for (String flags : List.of("jvmArgs", "jvmArgsAppend", "jvmArgsPrepend")) {
        if (fork != null
            && !Arrays.asList((Object[]) value(fork, flags)).toString().contains("blank_blank")) {
          throw new UnsupportedOperationException("it asks for flags of the JVM (@Fork)");
        }
      }
    }
    Annotation state = annotation(owner.getAnnotations(), "State");
    if (state != null && value(state, "value").toString().equals("Group")) {
      throw new UnsupportedOperationException("its @State is of a group");
    }
    Class<?>[] parameters = method.getParameterTypes();
    if (parameters.length > 1
        || (parameters.length == 1 && !parameters[0].getName().equals(BLACKHOLE))) {
      throw new UnsupportedOperationException(
          "it takes " + Arrays.toString(parameters) + "; only a Blackhole can be given");
    }
    for (String kind : List.of("Setup", "TearDown")) {
      for (Method fixture : annotated(owner, kind)) {
        Annotation annotation = Objects.requireNonNull(annotation(fixture.getAnnotations(), kind));
        String level = value(annotation, "value").toString();
        if (!level.equals("Trial") || fixture.getParameterCount() > 0) {
          throw new UnsupportedOperationException(
              "@"
                  + kind
                  + " "
                  + fixture.getName()
                  + " is for each "
                  + level
                  + (fixture.getParameterCount() > 0 ? " and takes arguments" : ""));
        }
      }
    }
  }

  private static Object construct(Class<?> owner) throws ReflectiveOperationException {
    Constructor<?> constructor = owner.getDeclaredConstructor();
    constructor.setAccessible(true);
    return constructor.newInstance();
  }

  private static Object blackhole(Class<?> type) throws ReflectiveOperationException {
    return type.getConstructor(String.class).newInstance(CHALLENGE);
  }

  /** Methods with an annotation of JMH, those of super classes first. */
  private static List<Method> annotated(Class<?> owner, String annotation) {
    List<Method> methods = new ArrayList<>();
    for (Class<?> c = owner; c != null; c = c.getSuperclass()) {
      methods.addAll(
          0,
          Arrays.stream(c.getDeclaredMethods())
              .filter(m -> annotation(m.getAnnotations(), annotation) != null)
              .toList());
    }
    return methods;
  }

  private static @Nullable Annotation annotation(Annotation[] all, String name) {
    return Arrays.stream(all)
        .filter(a -> a.annotationType().getName().equals(JMH + name))
        .findFirst()
        .orElse(null);
  }

  private static Object value(Annotation annotation, String member) {
    try {
      return annotation.annotationType().getMethod(member).invoke(annotation);
    } catch (ReflectiveOperationException e) {
      throw new UnsupportedOperationException("a JMH without " + annotation + "." + member, e);
    }
  }

  private static Object first(Field field, Annotation param) {
    String[] values = (String[]) value(param, "value");
    Class<?> type = field.getType();
    if (type.isEnum()) {
      Object[] constants = type.getEnumConstants();
      return Arrays.stream(constants)
          .filter(c -> c.toString().equals(values[0]))
          .findFirst()
          .orElse(constants[0]);
    }
    String text = values[0];
    return switch (type.getName()) {
      case "java.lang.String" -> text;
      case "int", "java.lang.Integer" -> Integer.valueOf(text);
      case "long", "java.lang.Long" -> Long.valueOf(text);
      case "double", "java.lang.Double" -> Double.valueOf(text);
      case "float", "java.lang.Float" -> Float.valueOf(text);
      case "boolean", "java.lang.Boolean" -> Boolean.valueOf(text);
      case "short", "java.lang.Short" -> Short.valueOf(text);
      case "byte", "java.lang.Byte" -> Byte.valueOf(text);
      case "char", "java.lang.Character" -> text.charAt(0);
      default -> throw new UnsupportedOperationException("@Param of type " + type.getName());
    };
  }

  private static MethodHandle swallowed(MethodHandle handle) throws ReflectiveOperationException {
    Class<?> type = handle.type().returnType();
    if (type == void.class) {
      return handle;
    }
    Class<?> eaten =
        !type.isPrimitive()
            ? Object.class
            : type == float.class || type == double.class
                ? double.class
                : type == boolean.class ? boolean.class : long.class;
    MethodHandle swallow =
        MethodHandles.lookup()
            .findStatic(JmhSubject.class, "swallow", MethodType.methodType(void.class, eaten));
    return MethodHandles.filterReturnValue(handle.asType(MethodType.methodType(eaten)), swallow);
  }

  // Opaque writes are not left out, and cost no more than plain ones.

  @SuppressWarnings("unused") // by handle
  private static void swallow(Object value) {
    SINK.setOpaque(value);
  }

  @SuppressWarnings("unused")
  private static void swallow(long value) {
    BITS.setOpaque(value);
  }

  @SuppressWarnings("unused")
  private static void swallow(double value) {
    BITS.setOpaque(Double.doubleToRawLongBits(value));
  }

  @SuppressWarnings("unused")
  private static void swallow(boolean value) {
    BITS.setOpaque(value ? 1L : 0L);
  }
}
