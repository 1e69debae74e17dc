/** Portable implementations of every operator that is not a convolution. */
@NullMarked
package dev.tilewright.op;

import org.jspecify.annotations.NullMarked;
