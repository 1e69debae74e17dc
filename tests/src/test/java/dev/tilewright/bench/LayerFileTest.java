package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerFileTest {
  @Test
  void readsConvolutionsAndProducts() {
    List<Layer> layers =
        LayerFile.parse(
            "x",
            List.of(
                "# name N C K H W R S sh sw ph pw dh dw g",
                "",
                "inc_1x7 1 192 96 17 18 1 7 1 2 0 3 1 1 3 # asymmetric",
                "  product 2 197 64 50"));
    assertThat(layers).extracting(Layer::name).containsExactly("inc_1x7", "product");
    assertThat(layers)
        .extracting(Layer::key)
        .containsExactly("n1g3c192k96_i17x18_f1x7_s1x2_d1x1_p0,3,0,3", "matmul_n2m197k64n50");
    assertThat(layers.get(0).macs()).isEqualTo(17L * 9 * 96 * 64 * 7);
    assertThat(layers.get(1).macs()).isEqualTo(2L * 197 * 64 * 50);
  }

  @Test
  void shipsLayersWithDifferentNames() throws IOException {
    assertThat(LayerFile.shipped())
        .hasSizeGreaterThan(25)
        .extracting(Layer::name)
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @CsvSource({
    "a 1 2 3,                               3 numbers after the name",
    "a 1 64 64 56 56 3 3 1 1 1 1 1 1,       13 numbers after the name",
    "a 1 64 64 56 56 3 3 1 1 1 1 1 1 1 1,   15 numbers after the name",
    "a 1 64 sixty 56 56 3 3 1 1 1 1 1 1 1,  sixty",
    "a 1 64 64 56 56 3 3 1 1 1 1 1 1 5,     groups must divide inChannels",
    "a 1 64 64 2 2 5 5 1 1 0 0 1 1 1,       larger than the padded input",
    "a 1 0 8 8,                             sizes must be positive",
  })
  void saysWhichLineIsWrongAndWhy(String line, String why) {
    assertThatThrownBy(() -> LayerFile.parse("layers.txt", List.of("# first", line)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("layers.txt, line 2: ")
        .hasMessageContaining(why);
  }
}
