package dev.tilewright.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.ChildJvm;
import dev.tilewright.Shared;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The fuzz targets over what is kept and over damaged models, with a heap that is easy to fill. */
class UntrustedModelTest {
  private static final List<String> SMALL_HEAP =
      List.of("-Xmx256m", "-XX:+UseSerialGC", "--add-modules", "jdk.incubator.vector");

  @Test
  void keptInputsHold() throws Exception {
    assertThat(run(Replay.class, List.of())).contains("inputs hold");
  }

  @Test
  void damagedSmallModelsEndInADocumentedError() throws Exception {
    List<Path> fixtures =
        Seeds.files(Seeds.folder("fixtures")).stream()
            .filter(file -> file.endsWith("model.onnx"))
            .toList();
    assertThat(mutations(8, 1, fixtures)).contains("run: good").contains("ModelFormatException");
  }

  @Test
  void damagedRealModelsEndInADocumentedError() throws Exception {
    List<Path> models =
        Seeds.files(Shared.require("models")).stream()
            .filter(file -> file.toString().endsWith(".onnx"))
            .toList();
    assertThat(models).hasSizeGreaterThan(5);
    assertThat(mutations(20, 2, models)).contains("imported: good").contains("run: good");
  }

  private static String mutations(int seconds, long seed, List<Path> models) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("" + seconds, "" + seed));
    models.forEach(model -> arguments.add(model.toString()));
    return run(Mutations.class, arguments);
  }

  private static String run(Class<?> main, List<String> arguments) throws Exception {
    ChildJvm.Result result = ChildJvm.run(Map.of(), SMALL_HEAP, main, arguments);
    assertThat(result.code()).as(result.output()).isZero();
    return result.lastLine();
  }
}
