/** Comparison with peers, benchmarks. */
@NullMarked
package dev.tilewright.bench;

import org.jspecify.annotations.NullMarked;
