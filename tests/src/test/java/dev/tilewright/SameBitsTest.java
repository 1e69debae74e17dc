package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.Zoo;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.WeightSource;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Results are the same bits for any number of threads, from run to run and session to session. */
class SameBitsTest {
  @ParameterizedTest
  @CsvSource({
    "resnet18, 128",
    "mobilenet-v2, 128",
    "mobilenet-v3-large, 128",
    "efficientnet-b0, 128",
    "squeezenet1-1, 128",
    "densenet121, 64",
    "shufflenet-v2-x1-0, 128",
    "regnet-y-400mf, 128",
    "mnasnet1-0, 128",
    "googlenet, 128",
    "resnext50-32x4d, 64",
    "convnext-tiny, 64",
  })
  void oneTwoAndThreeThreadsAgree(String name, int size) {
    Shape shape = Shape.of(1, 3, size, size);
    Blueprint network = Blueprint.of(Zoo.find(name).block().get(), shape);
    SplittableRandom random = new SplittableRandom(3);
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    try (Model model = Model.of(network.file(WeightSource.seeded(1)))) {
      String input = model.inputs().getFirst().name();
      Map<String, Tensor> inputs = Map.of(input, Tensor.of(shape, values));
      float[] first = null;
      for (int threads = 1; threads <= 3; threads++) {
        try (Session session = model.session(new SessionOptions(threads, "auto"))) {
          for (int run = 0; run < 3; run++) {
            float[] out = session.run(inputs).get(model.outputs().getFirst()).toFloats();
            assertThat(out).isNotEmpty().doesNotContain(Float.NaN);
            first = first == null ? out : first;
            assertThat(Arrays.equals(out, first))
                .as(name + " on " + threads + " threads, run " + run)
                .isTrue();
          }
        }
      }
    }
  }
}
