package dev.tilewright.database;

/** Something that a tuning file says of a machine. */
public sealed interface Entry permits TuningRecord, CostFit {
  Machine machine();
}
