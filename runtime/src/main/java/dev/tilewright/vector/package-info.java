/** SIMD kernels in Java; the only package that uses jdk.incubator.vector. */
@NullMarked
package dev.tilewright.vector;

import org.jspecify.annotations.NullMarked;
