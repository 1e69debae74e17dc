package dev.tilewright.bench;

import dev.tilewright.cli.Verb;
import picocli.CommandLine.Command;

/** {@code bench}: figures of this machine. */
@Command(
    name = "bench",
    description = "Times kernels and blocks on this machine and checks what they compute.",
    subcommands = {KernelsVerb.class, RegretVerb.class, RepeatVerb.class, VariantsVerb.class})
public final class BenchVerb implements Verb {}
