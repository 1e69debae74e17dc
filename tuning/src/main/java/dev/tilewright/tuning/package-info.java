/** Measurement on the device. */
@NullMarked
package dev.tilewright.tuning;

import org.jspecify.annotations.NullMarked;
