package dev.tilewright.bench;

import dev.tilewright.cli.Verb;
import picocli.CommandLine.Command;

/** {@code bench}: figures of this machine. */
@Command(
    name = "bench",
    description = "Times kernels on this machine and checks what they compute.",
    subcommands = {KernelsVerb.class, RegretVerb.class, RepeatVerb.class})
public final class BenchVerb implements Verb {}
