package dev.tilewright;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** One step of a plan. Off unless a recording asks for it by name. */
@Name("dev.tilewright.Layer")
@Label("Network Layer")
@Description("One step of a run: a layer, or several that are computed together")
@Category("Tilewright")
@Enabled(false)
@StackTrace(false)
final class LayerEvent extends Event {
  @Label("Stage")
  @Description("1 unless shapes depend on data")
  int stage;

  @Label("Step")
  @Description("Number within the stage, as the verb explain prints it")
  int step;

  @Label("Name")
  @Nullable String name;

  @Label("Operator")
  @Nullable String op;

  @Label("Kernel")
  @Nullable String kernel;

  @Label("Tile")
  @Nullable String tile;

  @Label("Key")
  @Description("The problem: a convolution's shape and epilogue, else operator and types")
  @Nullable String key;

  @Label("Threads")
  @Description("That may share the step")
  int threads;

  @Label("MACs")
  @Description("Multiply-accumulates, as a direct convolution has them")
  long macs;
}
