package dev.tilewright.gate;

/**
 * What is known of one benchmark.
 *
 * @param p of the verdict's direction, adjusted for the number of benchmarks
 * @param why in words
 * @param needed what would decide it; empty if it is decided
 */
record Finding(
    Sample sample, Estimate estimate, double p, Verdict verdict, String why, String needed) {}
