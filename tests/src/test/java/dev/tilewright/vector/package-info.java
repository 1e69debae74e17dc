/** Tests of the Java SIMD kernels. */
@NullMarked
package dev.tilewright.vector;

import org.jspecify.annotations.NullMarked;
