/** Timing against peers and against the machine's peak. */
@NullMarked
package dev.tilewright.bench;

import org.jspecify.annotations.NullMarked;
