package dev.tilewright;

/**
 * Whether runs are to be written to a recording of Java Flight Recorder. Small runtime images may
 * lack it: {@link RunEvents} and the events are the only classes that need it, and this one touches
 * them only if it is there.
 */
final class FlightRecording {
  private static final boolean PRESENT = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

  private FlightRecording() {}

  /** Costs nothing while no recording has asked: compiled code has a constant in its place. */
  static boolean isOn() {
    return PRESENT && RunEvents.areEnabled();
  }

  static void run(Execution execution) {
    RunEvents.run(execution);
  }
}
