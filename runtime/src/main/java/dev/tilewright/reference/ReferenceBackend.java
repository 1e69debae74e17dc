package dev.tilewright.reference;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.kernel.Applicability;
import java.util.List;

/** Plain loops, always available; the oracle every other backend is tested against. */
public final class ReferenceBackend implements Backend {
  private static final List<ConvAlgorithm> CONVOLUTIONS = List.of(new DirectConv());

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public Applicability available() {
    return Applicability.yes();
  }

  @Override
  public List<ConvAlgorithm> convolutions() {
    return CONVOLUTIONS;
  }
}
