package dev.tilewright.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.RuleException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every block and network with a parameter that is odd (none, negative, not a number, even where it
 * is odd): it is built, or refused by a rule; nothing else comes out of it.
 */
class OddParametersTest {
  /** One of each kind. */
  static Stream<Zoo.Entry> kinds() {
    Map<Class<?>, Zoo.Entry> kinds = new LinkedHashMap<>();
    Entries.all()
        .filter(entry -> entry.block().get() instanceof Record)
        .forEach(entry -> kinds.putIfAbsent(entry.block().get().getClass(), entry));
    return kinds.values().stream();
  }

  private static List<Object> odd(Object usual) {
    return switch (usual) {
      case Integer i -> List.of(0, -1, 2, 3);
      case Double d -> List.of(0.0, -1.0, 1.5, Double.NaN, Double.POSITIVE_INFINITY);
      case Float f -> List.of(0f, -1f, 1.5f, Float.NaN);
      case List<?> list when !list.isEmpty() && list.getFirst() instanceof Integer ->
          List.of(List.of(), List.of(0), List.of(-1), List.of(2));
      case ConvSpec conv -> convolutions(conv);
      default -> List.of();
    };
  }

  private static List<Object> convolutions(ConvSpec conv) {
    return List.of(
        conv.to(conv.groups()),
        conv.kernel(2, 2),
        conv.kernel(1, 3),
        conv.stride(2),
        conv.stride(3),
        conv.dilation(2),
        conv.padding(0),
        conv.to(6).groups(3),
        conv.bias(!conv.bias()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void areRefusedByARuleOrWork(Zoo.Entry entry) throws ReflectiveOperationException {
    Record usual = (Record) entry.block().get();
    RecordComponent[] components = usual.getClass().getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      components[i].getAccessor().setAccessible(true);
      values[i] = components[i].getAccessor().invoke(usual);
    }
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    Constructor<?> constructor = usual.getClass().getDeclaredConstructor(types);
    constructor.setAccessible(true);
    for (int i = 0; i < values.length; i++) {
      for (Object odd : odd(values[i])) {
        Object[] changed = values.clone();
        changed[i] = odd;
        String what = entry + " with " + components[i].getName() + " = " + odd;
        build(what, () -> block(constructor, changed), entry.inputs());
      }
    }
  }

  private static Block block(Constructor<?> constructor, Object... values) {
    try {
      return (Block) constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private static void build(String what, Supplier<Block> block, List<Shape> inputs) {
    try {
      Blueprint built = Blueprint.of(block.get(), inputs.toArray(Shape[]::new));
      assertThat(built.outputs()).as(what).isNotEmpty();
    } catch (RuleException e) {
      assertThat(e.getMessage()).as(what).isNotBlank();
    } catch (RuntimeException e) {
      fail(what + " is refused without a rule", e);
    }
  }
}
