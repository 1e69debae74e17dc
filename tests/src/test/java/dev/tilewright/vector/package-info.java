/** SIMD kernels against the portable ones. */
@NullMarked
package dev.tilewright.vector;

import org.jspecify.annotations.NullMarked;
