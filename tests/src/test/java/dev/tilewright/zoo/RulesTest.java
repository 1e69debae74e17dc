package dev.tilewright.zoo;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.RuleException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot be built is refused by the name of the rule. */
class RulesTest {
  static Stream<Mistake> mistakes() {
    return Stream.of(
            BuildRules.ALL,
            FilterRules.ALL,
            PyramidRules.ALL,
            TransformerRules.ALL,
            ClassifierRules.ALL,
            AttentionRules.ALL,
            DetectorRules.ALL)
        .flatMap(List::stream);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  void namesTheRule(Mistake mistake) {
    assertThatThrownBy(
            () -> Blueprint.of(mistake.block().get(), mistake.inputs().toArray(Shape[]::new)))
        .isInstanceOf(RuleException.class)
        .hasMessageContaining(mistake.rule());
  }
}
