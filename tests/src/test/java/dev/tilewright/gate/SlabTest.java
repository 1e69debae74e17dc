package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SlabTest {
  /** What another layer left in the memory is in no result. */
  @Test
  void outputsDoNotDependOnWhatWasThere() {
    for (LayerModel layer : LayerModel.STANDARD) {
      List<String> outputs = new ArrayList<>();
      for (float before : new float[] {0, 1, Float.NaN}) {
        try (Arena arena = Arena.ofShared()) {
          MemorySegment memory = arena.allocate(32 << 20, 64);
          for (long i = 0; i < memory.byteSize() / Float.BYTES; i++) {
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, before);
          }
          Map<String, int[]> shapes = Map.of("x", layer.inputShape());
          ModelSubject subject = new ModelSubject(layer.bytes(), shapes, "auto", new Slab(memory));
          subject.accept(1);
          outputs.add(subject.get().get("output"));
        }
      }
      assertThat(outputs.stream().distinct()).as(layer.name()).hasSize(1);
    }
  }
}
