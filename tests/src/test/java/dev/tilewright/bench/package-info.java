/** Benchmarks are tested for correctness. */
@NullMarked
package dev.tilewright.bench;

import org.jspecify.annotations.NullMarked;
