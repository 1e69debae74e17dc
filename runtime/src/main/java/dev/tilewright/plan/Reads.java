package dev.tilewright.plan;

import dev.tilewright.conv.FilterSum;
import dev.tilewright.conv.Weights;
import dev.tilewright.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the runs of a plan read of the model's constants.
 *
 * @param values tensors that are read as they are
 * @param weights filters and biases of convolutions, most of which are read in packed forms alone
 */
public record Reads(Set<Tensor> values, Set<Tensor> weights) {
  public Reads {
    values = Set.copyOf(values);
    weights = Set.copyOf(weights);
  }

  /**
   * Of a plan.
   *
   * @param weights as they were packed for the plan
   */
  public static Reads of(Plan plan, BiFunction<Tensor, @Nullable Tensor, Weights> weights) {
    Set<Tensor> values = new HashSet<>(plan.constants().values());
    Set<Tensor> all = new HashSet<>();
    for (Plan.Step step : plan.steps()) {
      if (step.recipe() instanceof Recipe.Operator operator) {
        operator.problem().constants().stream().filter(Objects::nonNull).forEach(values::add);
      }
      for (Recipe.Conv conv : convs(step.recipe())) {
        List<Tensor> own =
            conv.bias() == null ? List.of(conv.filter()) : List.of(conv.filter(), conv.bias());
        all.addAll(own);
        // The reference takes weights as they are.
        if (conv.algorithm().startsWith("reference.")
            || weights.apply(conv.filter(), conv.bias()).forms().isEmpty()) {
          values.addAll(own);
        }
      }
    }
    return new Reads(values, all);
  }

  /** The convolutions with constant weights that a step consists of. */
  public static List<Recipe.Conv> convs(Recipe recipe) {
    return switch (recipe) {
      case Recipe.Conv conv -> List.of(conv);
      case Recipe.Summed(Recipe.Conv conv, FilterSum _) -> List.of(conv);
      case Recipe.Chain chain ->
          Stream.of(chain.before(), chain.depthwise(), chain.after())
              .filter(Objects::nonNull)
              .flatMap(member -> member.bands().stream())
              .toList();
      case Recipe.Computed _ -> List.of();
      case Recipe.Operator _ -> List.of();
    };
  }
}
