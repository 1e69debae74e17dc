package dev.tilewright.cli;

/**
 * A picocli command of the command line. Modules add theirs with {@link java.util.ServiceLoader}.
 */
public interface Verb {}
