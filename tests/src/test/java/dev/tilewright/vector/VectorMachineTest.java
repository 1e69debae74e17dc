package dev.tilewright.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.kernel.Applicability;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** That a JVM started to test another machine's vectors has them. */
class VectorMachineTest {
  @Test
  @EnabledIfSystemProperty(named = "tilewright.test.bits", matches = ".+")
  void hasVectorsOfTheWidthToTest() {
    assertThat(new VectorBackend().available()).isEqualTo(Applicability.yes());
    assertThat(32 * Lanes.LENGTH).isEqualTo(Integer.getInteger("tilewright.test.bits"));
  }

  @Test
  @EnabledIfSystemProperty(named = "tilewright.test.fma", matches = ".+")
  void fusesMultiplyAddOrDoesNot() {
    assertThat(Jit.fusedMultiplyAdd()).isEqualTo(Boolean.getBoolean("tilewright.test.fma"));
  }
}
