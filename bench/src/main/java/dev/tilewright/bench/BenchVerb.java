package dev.tilewright.bench;

import dev.tilewright.cli.Verb;
import picocli.CommandLine.Command;

/** {@code bench}: figures of this machine. */
@Command(
    name = "bench",
    description = "Times kernels, blocks and models on this machine.",
    subcommands = {
      KernelsVerb.class,
      MemoryVerb.class,
      ModelsVerb.class,
      RegretVerb.class,
      RepeatVerb.class,
      StartupVerb.class,
      VariantsVerb.class
    })
public final class BenchVerb implements Verb {}
