package dev.tilewright.tuning;

import dev.tilewright.tensor.Tensor;
import java.util.Map;

/** One side of a comparison: a network made ready for one set of inputs. */
public interface Contender extends AutoCloseable {
  String name();

  /** Runs once on the inputs it was made with. */
  void run();

  /** What the latest {@link #run} computed; valid until the next one. */
  Map<String, Tensor> outputs();

  @Override
  void close();
}
