package dev.tilewright.cnative;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.kernel.Applicability;
import java.util.List;

/** The kernels of the C library. */
public final class NativeBackend implements Backend {
  @Override
  public String name() {
    return "native";
  }

  @Override
  public Applicability available() {
    return new Applicability.No("not built yet");
  }

  @Override
  public List<ConvAlgorithm> convolutions() {
    return List.of();
  }
}
